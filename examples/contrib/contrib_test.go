package contrib_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// gin would print its routes otherwise.
func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

func newAuth(t *testing.T) (*tokentest.Issuer, *middleware.Middleware) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	return issuer, middleware.New(verifier, nil)
}

// routers are the same shop on different routers.
var routers = map[string]func(*middleware.Middleware) http.Handler{
	"net/http":           contrib.NetHTTP,
	"Mux":                contrib.PosternMux,
	"chi":                contrib.Chi,
	"alice":              contrib.Alice,
	"gorilla":            contrib.Gorilla,
	"gin":                contrib.Gin,
	"echo":               contrib.Echo,
	"CORS":               corsShop,
	"subtrees":           contrib.Subtrees,
	"closed":             contrib.Closed,
	"mounted in chi":     contrib.MountedInChi,
	"mounted in gorilla": contrib.MountedInGorilla,
	"mounted in gin":     contrib.MountedInGin,
	"mounted in echo":    contrib.MountedInEcho,
}

const short = `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders:write"`

func TestRouters(t *testing.T) {
	t.Parallel()
	for name, router := range routers {
		issuer, auth := newAuth(t)
		url := serve(t, router(auth))
		reader, writer := issuer.Token(tokentest.Scope("orders:read")), issuer.Token(tokentest.Scope("orders:write"))
		for _, row := range []struct {
			name, method, path, raw string
			status                  int
			body, challenge         string
		}{
			{"public", "GET", "/healthz", "", 200, "ok", ""},
			{"read", "GET", "/orders/7", reader, 200, "an order of alice", ""},
			{"write", "POST", "/orders", writer, 201, "an order for alice", ""},
			{"no token", "GET", "/orders/7", "", 401, "", `Bearer realm="api"`},
			{"not enough", "POST", "/orders", reader, 403, "", short},
			{"expired", "GET", "/orders/7", issuer.Token(tokentest.Scope("orders:read"), tokentest.ExpiresIn(-time.Hour)), 401, "",
				`Bearer realm="api", error="invalid_token", error_description="The access token has expired"`},
		} {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				resp, text := send(t, url+row.path, row.method, row.raw)
				assert.Equal(t, row.status, resp.StatusCode)
				assert.Equal(t, row.body, text)
				assert.Equal(t, row.challenge, resp.Header.Get("WWW-Authenticate"))
			})
		}
	}
}

// serve serves a handler for the time of a test, and returns its URL.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func send(t *testing.T, url, method, raw string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	if raw != "" {
		req.Header.Set("Authorization", "Bearer "+raw)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, router := range routers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer, auth := newAuth(t)
			refusals.Test(t, issuer, tokentest.HTTPTarget(router(auth), func() *http.Request {
				return httptest.NewRequest(http.MethodGet, "/orders/7", nil)
			}), &refusals.Config{Scopes: []string{"orders:read"}})
		})
	}
}
