package mcppostern_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/middleware/mcppostern"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// A tool for bound tokens is refused to a bearer token that other tools take, in
// a batch with them as well, and the challenge names DPoP alone.
func TestBoundTools(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	checker, err := dpop.New(dpop.Config{})
	require.NoError(t, err)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	key, err := dpop.NewKey()
	require.NoError(t, err)
	prover, err := dpop.NewProver(key)
	require.NoError(t, err)
	bound := rules()
	bound.Tools = maps.Clone(bound.Tools)
	bound.Tools["dangerous"] = scope.All("photos:read").And(scope.Bound)
	s := newServer(nil)
	auth := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://photos.example.com"}}})
	handler, err := mcppostern.New(auth, bound, nil).Handler(s.Server, &mcp.StreamableHTTPOptions{DisableLocalhostProtection: true, Stateless: true})
	require.NoError(t, err)
	w := &world{server: s, handler: handler}

	free := issuer.Token(tokentest.Scope("photos:read"))
	assert.Equal(t, http.StatusOK, w.do(call(older, free, "harmless")).StatusCode)
	batch := "[" + message(oldest, "tools/call", `"name":"harmless"`) + "," + strings.Replace(message(oldest, "tools/call", `"name":"dangerous"`), `"id":1`, `"id":2`, 1) + "]"
	for _, r := range []*http.Request{call(older, free, "dangerous"), request(oldest, free, batch)} {
		refused := w.do(r)
		assert.Equal(t, http.StatusUnauthorized, refused.StatusCode)
		challenges := refused.Header.Values("WWW-Authenticate")
		require.Len(t, challenges, 1)
		assert.Contains(t, challenges[0], `DPoP realm="api", error="invalid_token"`)
	}

	raw := issuer.Token(tokentest.Scope("photos:read"), tokentest.Claim("cnf", map[string]string{"jkt": prover.Thumbprint()}))
	r := call(older, raw, "dangerous")
	proof, err := prover.Proof(dpop.Claims{Method: r.Method, URL: "https://photos.example.com" + r.URL.Path, Token: raw})
	require.NoError(t, err)
	r.Header.Set("Authorization", "DPoP "+raw)
	r.Header.Set("DPoP", proof)
	assert.Equal(t, http.StatusOK, w.do(r).StatusCode)
	assert.Equal(t, []string{"tool harmless", "tool dangerous"}, s.names())
}
