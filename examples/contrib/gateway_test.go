package contrib_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// newGateway is grpc-gateway in front of a guarded gRPC server.
func newGateway(t *testing.T) (*tokentest.Issuer, http.Handler) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	srv, err := grpcauth.New(verifier, contrib.AlbumPolicies(), nil).NewServer(func(s *grpc.Server) {
		albumspb.RegisterAlbumServiceServer(s, &contrib.Albums{})
	})
	require.NoError(t, err)
	gateway, err := contrib.Gateway(t.Context(), grpcauthtest.Serve(t, srv))
	require.NoError(t, err)
	return issuer, gateway
}

func newGatewayInProcess(t *testing.T) (*tokentest.Issuer, http.Handler) {
	t.Helper()
	issuer, auth := newAuth(t)
	gateway, err := contrib.GatewayInProcess(t.Context(), auth)
	require.NoError(t, err)
	return issuer, gateway
}

var gateways = map[string]func(*testing.T) (*tokentest.Issuer, http.Handler){
	"over a connection": newGateway, "in process": newGatewayInProcess,
}

// Both ways of registering answer the same.
func TestGateway(t *testing.T) {
	t.Parallel()
	for name, start := range gateways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer, gateway := start(t)
			url := serve(t, gateway)
			reader := issuer.Token(tokentest.Scope("photos:read"))

			resp, text := send(t, url+"/v1/albums", "GET", reader)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.JSONEq(t, `{"albums": [{"id": "1", "title": "of alice", "photoIds": []}]}`, text)
			resp, _ = send(t, url+"/v1/albums:count", "GET", "")
			assert.Equal(t, http.StatusOK, resp.StatusCode, "public")

			resp, text = send(t, url+"/v1/albums", "POST", reader)
			assert.Equal(t, http.StatusForbidden, resp.StatusCode)
			assert.Contains(t, resp.Header.Get("WWW-Authenticate"), `error="insufficient_scope"`)
			assert.Empty(t, text)

			issuer.GoDown()
			resp, _ = send(t, url+"/v1/albums", "GET", issuer.Token(tokentest.Key(issuer.ForeignKey("ES256", "unknown"))))
			assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
			assert.NotEmpty(t, resp.Header.Get("Retry-After"))
		})
	}
}

// An error of the service itself is answered as the gateway always does.
func TestGatewayLeavesOtherErrors(t *testing.T) {
	t.Parallel()
	issuer, gateway := newGateway(t)
	resp, text := send(t, serve(t, gateway)+"/v1/albums", "POST", issuer.Token(tokentest.Scope("photos:write")))
	assert.Equal(t, http.StatusNotImplemented, resp.StatusCode)
	assert.Contains(t, text, "CreateAlbum not implemented")
}

func TestGatewayRefusals(t *testing.T) {
	t.Parallel()
	for name, start := range gateways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer, gateway := start(t)
			target := tokentest.HTTPTarget(gateway, func() *http.Request { return httptest.NewRequest(http.MethodGet, "/v1/albums", nil) })
			if name == "over a connection" {
				target = gatewaySends(target)
			}
			refusals.Test(t, issuer, target, &refusals.Config{Scopes: []string{"photos:read"}})
		})
	}
}

// gatewaySends leaves out what grpc-go's client does not send: the gateway answers
// 500 by itself then.
func gatewaySends(call tokentest.Target) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		for _, value := range c.Authorization {
			unprintable := func(r rune) bool { return r < ' ' || r > '~' }
			if len(value) > 16<<10 || strings.ContainsFunc(value, unprintable) {
				return tokentest.Answer{Unsent: true}
			}
		}
		return call(ctx, c)
	}
}

// The interceptors of a gRPC server do not run for a service that is registered
// with the gateway itself: without a guard of its own it is open, and
// RequireDecision notices.
func TestGatewayInProcessBypassesInterceptors(t *testing.T) {
	t.Parallel()
	_, auth := newAuth(t)
	open, err := contrib.UnguardedGateway(t.Context())
	require.NoError(t, err)
	url := serve(t, open)
	resp, text := send(t, url+"/v1/albums", "GET", "")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, text, "of nobody")

	resp, text = send(t, serve(t, auth.RequireDecision(open))+"/v1/albums", "GET", "")
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Empty(t, text)
}
