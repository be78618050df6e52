package middleware_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	metadataURL = "https://api.example.com/.well-known/oauth-protected-resource"
	rm          = `resource_metadata="` + metadataURL + `"`
	plain       = `Bearer realm="api", ` + rm
)

func failed(code, text string) string {
	return `Bearer realm="api", error="` + code + `", error_description="` + text + `", ` + rm
}

// world is an issuer and a guard that trusts it.
type world struct {
	*tokentest.Issuer
	auth *middleware.Middleware
}

func newWorld(tb testing.TB) world {
	tb.Helper()
	return newWorldWith(tb, &middleware.Config{Resource: scope.Resource{Metadata: metadataURL}})
}

func newWorldWith(tb testing.TB, cfg *middleware.Config) world {
	tb.Helper()
	issuer := tokentest.NewIssuer(tb, nil)
	return world{issuer, middleware.New(verifierOf(tb, issuer), cfg)}
}

// withRoles says in which claim the issuer's roles are.
var withRoles = token.Profile{Sets: map[string][]token.Source{"roles": {{Path: []string{"realm_access", "roles"}}}}}

func verifierOf(tb testing.TB, issuer *tokentest.Issuer) *token.Verifier {
	tb.Helper()
	cfg := issuer.Config()
	cfg.Profile.Sets = withRoles.Sets
	verifier, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return verifier
}

// verified is a token that has passed, for tests of what comes after.
func (w world) verified(tb testing.TB, edits ...tokentest.Edit) *token.Token {
	tb.Helper()
	t, err := verifierOf(tb, w.Issuer).Authenticate(context.Background(), token.Bearer(w.Token(edits...)))
	require.NoError(tb, err)
	return t
}

// request is a GET with the values of Authorization.
func request(authorization ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Header["Authorization"] = authorization
	return r
}

func (w world) good(edits ...tokentest.Edit) *http.Request {
	return request("Bearer " + w.Token(edits...))
}

// subject is a handler that says whose call reached it.
var subject = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	t, ok := token.FromContext(r.Context())
	if !ok {
		_, _ = io.WriteString(w, "nobody")
		return
	}
	_, _ = io.WriteString(w, t.Subject())
})

func body(tb testing.TB, resp *http.Response) string {
	tb.Helper()
	text, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	return string(text)
}

// assertRefused compares a whole answer.
func assertRefused(tb testing.TB, resp *http.Response, status int, challenges ...string) {
	tb.Helper()
	assertRefusedFor(tb, resp, status, "5", challenges...)
}

// assertRefusedFor is assertRefused where it is known when to come back.
func assertRefusedFor(tb testing.TB, resp *http.Response, status int, retryAfter string, challenges ...string) {
	tb.Helper()
	assert.Equal(tb, status, resp.StatusCode)
	want := http.Header{"Cache-Control": {"no-store"}, "Content-Length": {"0"}}
	if len(challenges) > 0 {
		want["Www-Authenticate"] = challenges
	}
	if status == http.StatusServiceUnavailable {
		want["Retry-After"] = []string{retryAfter}
	}
	assert.Equal(tb, want, resp.Header)
	assert.Empty(tb, body(tb, resp))
}

// judge is an Authenticator that says what a test wants it to say.
type judge func(context.Context, token.Presentation) (*token.Token, error)

func (j judge) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	return j(ctx, p)
}

func says(t *token.Token, err error) judge {
	return func(context.Context, token.Presentation) (*token.Token, error) { return t, err }
}

// anybody with a good token.
var anybody = scope.Authenticated

// guard is the subject behind a policy.
func (w world) guard(p scope.Policy) http.Handler { return w.auth.Require(p)(subject) }
