package contrib_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// address is a proof of possession that only notes the URL it would have to be
// for.
type address struct{ seen chan string }

func (address) Method() string { return "x5t#S256" }
func (a address) Check(_ context.Context, _ *token.Token, p token.Presentation) error {
	a.seen <- p.Request().URL.String()
	return nil
}

// newBehindProxy is a guarded service and the URL of the proxy in front of it.
func newBehindProxy(t *testing.T, baseURLs ...string) (*tokentest.Issuer, address, string) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	proof := address{make(chan string, 1)}
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{proof}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	auth := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{BaseURLs: baseURLs}})
	target, err := url.Parse(serve(t, contrib.PosternMux(auth)))
	require.NoError(t, err)
	return issuer, proof, serve(t, contrib.Proxy(target))
}

// What a caller says of the address in forwarded fields, and what the proxy says,
// makes no difference: the setting does.
func TestForwardedFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	issuer, proof, proxy := newBehindProxy(t, "https://api.example.com/shop")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy+"/orders/7", nil)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Authorization":     "Bearer " + issuer.Token(tokentest.Scope("orders:read"), tokentest.Claim("cnf", map[string]string{"x5t#S256": "x"})),
		"X-Forwarded-Host":  "evil.example",
		"X-Forwarded-Proto": "http",
		"Forwarded":         "host=evil.example;proto=http",
		"X-Original-URL":    "/healthz",
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "https://api.example.com/shop/orders/7", <-proof.seen)
}

// Refusals pass through a proxy as they are, and attacks are refused behind it.
func TestProxyRefusals(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	service, err := url.Parse(serve(t, contrib.PosternMux(auth)))
	require.NoError(t, err)
	refusals.Test(t, issuer, sendable(tokentest.HTTPTarget(contrib.Proxy(service), func() *http.Request {
		return httptest.NewRequest(http.MethodGet, "/orders/7", nil)
	})), &refusals.Config{Scopes: []string{"orders:read"}})
}

// sendable leaves out what no client can send in a field: the attack ends at the
// proxy, with an answer of its own.
func sendable(call tokentest.Target) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		for _, value := range c.Authorization {
			if strings.ContainsAny(value, "\x00\r\n") {
				return tokentest.Answer{Unsent: true}
			}
		}
		return call(ctx, c)
	}
}
