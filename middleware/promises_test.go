package middleware_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// promise is what guards owe to a handler behind them. The names of the rows
// are those of grpcauth's table: both transports keep the same promises.
type promise struct {
	name   string
	guards []scope.Policy // the outermost first
	cfg    middleware.Config
	// sent is what the caller sends. "T" stands for a good token of alice, "U"
	// for one of bob, "X" for an expired one.
	sent http.Header
	// between is what the program does to the request between two guards.
	between func(http.Header)
	// finds is the subject of the token in the handler's context.
	finds string
	// sees are the names of the fields that reach the handler.
	sees []string
}

var promises = []promise{
	{name: "hidden behind authenticated", guards: guards(anybody), sent: bearer("T", "Dpop", "p", "X-Id", "1"), finds: "alice", sees: []string{"X-Id"}},
	{name: "hidden behind optional", guards: guards(scope.Optional), sent: bearer("T", "X-Id", "1"), finds: "alice", sees: []string{"X-Id"}},
	{name: "hidden behind public", guards: guards(scope.Public), sent: bearer("T", "X-Id", "1"), sees: []string{"X-Id"}},
	{name: "hidden behind public, a bad token", guards: guards(scope.Public), sent: bearer("X")},
	{name: "hidden behind public, other credentials", guards: guards(scope.Public), sent: fields("Authorization", "Basic dTpw", "Proxy-Authorization", "Basic dTpw")},
	{name: "hidden behind public, wrong case", guards: guards(scope.Public), sent: fields("authorization", "Bearer x", "DPOP", "p")},
	{name: "hidden copies of proxies", guards: guards(anybody), finds: "alice", sees: []string{"X-Forwarded-For"}, sent: bearer("T",
		"Proxy-Authorization", "a", "X-Forwarded-Access-Token", "a", "X-Amzn-Oidc-Accesstoken", "a", "X-Amzn-Oidc-Data", "a",
		"X-Goog-Iap-Jwt-Assertion", "a", "Txn-Token", "a", "X-Auth-Request-Id-Token", "a", "X-Forwarded-For", "192.0.2.1")},
	{name: "hidden copies, no token", guards: guards(scope.Optional), sent: fields("X-Forwarded-Access-Token", "a", "X-Id", "1"), sees: []string{"X-Id"}},
	{name: "hidden cookie with the token alone", guards: guards(anybody), sent: bearer("T", "Cookie", "at=T"), finds: "alice"},
	{name: "hidden by name", guards: guards(anybody), cfg: middleware.Config{Hide: []string{"x-api-key", "Cookie"}}, sent: bearer("T", "X-Api-Key", "k", "Cookie", "a=1; at=T"), finds: "alice"},
	{name: "kept by option", guards: guards(anybody), cfg: middleware.Config{KeepCredentials: true}, sent: bearer("T", "Dpop", "p", "Cookie", "at=T"), finds: "alice", sees: []string{"Authorization", "Cookie", "Dpop"}},
	{name: "other fields are left alone", guards: guards(anybody), sent: bearer("T", "X-Api-Key", "k", "Cookie", "a=1; b=2"), finds: "alice", sees: []string{"Cookie", "X-Api-Key"}},

	{name: "nested finds what was hidden", guards: guards(anybody, anybody), sent: bearer("T"), finds: "alice"},
	{name: "nested behind public", guards: guards(scope.Public, anybody), sent: bearer("T"), finds: "alice"},
	{name: "nested three deep", guards: guards(anybody, scope.Public, scope.Optional), sent: bearer("T"), finds: "alice"},
	{name: "nested, kept by option", guards: guards(anybody, anybody), cfg: middleware.Config{KeepCredentials: true}, sent: bearer("T"), finds: "alice", sees: []string{"Authorization"}},
	{name: "nested, the program's own token", guards: guards(anybody, anybody), sent: bearer("T"), between: set("Authorization", "Bearer U"), finds: "bob"},
	{name: "nested, the program's own token, then one more", guards: guards(scope.Public, anybody, anybody), sent: bearer("X"), between: set("Authorization", "Bearer U"), finds: "bob"},

	{name: "public finds no token of an outer guard", guards: guards(anybody, scope.Public), sent: bearer("T")},
	{name: "public finds no token of an outer guard, kept by option", guards: guards(anybody, scope.Public), cfg: middleware.Config{KeepCredentials: true}, sent: bearer("T"), sees: []string{"Authorization"}},
	{name: "optional finds the one presented", guards: guards(anybody, scope.Optional), sent: bearer("T"), finds: "alice"},
	{name: "optional finds none that was not presented", guards: guards(anybody, scope.Optional), sent: bearer("T"), between: set("Authorization")},
	{name: "optional finds none that was taken away", guards: guards(anybody, scope.Optional), cfg: middleware.Config{KeepCredentials: true}, sent: bearer("T"), between: func(h http.Header) { h.Del("Authorization") }},
	{name: "optional finds none that was taken away, observed", guards: guards(anybody, scope.Optional), cfg: middleware.Config{KeepCredentials: true, Trace: observed}, sent: bearer("T"), between: func(h http.Header) { h.Del("Authorization") }},
}

// observed makes guards tell those further in that a call is counted.
var observed = &scope.Trace{Allowed: func(context.Context, scope.Decision) {}}

func guards(policies ...scope.Policy) []scope.Policy { return policies }

func bearer(raw string, more ...string) http.Header {
	return fields(append([]string{"Authorization", "Bearer " + raw}, more...)...)
}

func fields(pairs ...string) http.Header {
	h := http.Header{}
	for pair := range slices.Chunk(pairs, 2) {
		h[pair[0]] = append(h[pair[0]], pair[1])
	}
	return h
}

func set(name string, values ...string) func(http.Header) {
	return func(h http.Header) { h[name] = values }
}

// TestPromises runs the table. See grpcauth for the same over gRPC.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, row := range promises {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, &row.cfg)
			standsFor := map[string]string{"T": w.Token(), "U": w.Token(tokentest.Subject("bob")), "X": w.Token(tokentest.ExpiresIn(-time.Hour))}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header = filledIn(row.sent, standsFor)
			before := r.Header.Clone()
			var handler seen
			assert.Equal(t, http.StatusOK, serve(row.wrap(w, &handler, standsFor), r).StatusCode)
			assert.Equal(t, row.finds, handler.subject)
			assert.ElementsMatch(t, row.sees, slices.Collect(maps.Keys(handler.header)))
			assert.Equal(t, before, r.Header, "what is around the guard keeps its request")
		})
	}
}

// filledIn is h with tokens in place of the letters that stand for them.
func filledIn(h http.Header, standsFor map[string]string) http.Header {
	filled := http.Header{}
	for name, values := range h {
		filled[name] = []string{}
		for _, v := range values {
			if last := len(v) - 1; standsFor[v[last:]] != "" {
				v = v[:last] + standsFor[v[last:]]
			}
			filled[name] = append(filled[name], v)
		}
	}
	return filled
}

func (p promise) wrap(w world, h http.Handler, standsFor map[string]string) http.Handler {
	for n, policy := range slices.Backward(p.guards) {
		h = w.auth.Require(policy)(h)
		if n == 1 && p.between != nil {
			inner := h
			h = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				r = r.Clone(r.Context())
				p.between(r.Header)
				r.Header = filledIn(r.Header, standsFor)
				inner.ServeHTTP(rw, r)
			})
		}
	}
	return h
}

// seen is a handler that notes what it gets.
type seen struct {
	subject string
	header  http.Header
}

func (s *seen) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if t, ok := token.FromContext(r.Context()); ok {
		s.subject = t.Subject()
	}
	s.header = r.Header
}

// A cookie of the service's own stands beside one with the token.
func TestCookiesOfTheService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.Token()
	r := request("Bearer " + raw)
	r.Header["Cookie"] = []string{"lang=de; at=" + raw + "; theme=dark"}
	var handler seen
	serve(w.auth.Require(anybody)(&handler), r)
	assert.Equal(t, []string{"lang=de; theme=dark"}, handler.header["Cookie"])
}

// A proxy behind a guard hands nothing on, and a Forwarder still does.
func TestReverseProxyBehindAGuard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, row := range map[string]struct {
		policy    scope.Policy
		transport func(http.RoundTripper) http.RoundTripper
		sent      []string
	}{
		"public":                     {scope.Public, func(n http.RoundTripper) http.RoundTripper { return n }, nil},
		"authenticated":              {anybody, func(n http.RoundTripper) http.RoundTripper { return n }, nil},
		"authenticated, a Forwarder": {anybody, func(n http.RoundTripper) http.RoundTripper { return forwarder(t, n, "https://photos.example.com") }, []string{"Bearer T"}},
		"public, a Forwarder":        {scope.Public, func(n http.RoundTripper) http.RoundTripper { return forwarder(t, n, "https://photos.example.com") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := w.Token()
			var upstream network
			proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: "photos.example.com"})
			proxy.Transport = row.transport(&upstream)
			mux := w.auth.NewMux()
			mux.Handle("/", row.policy, proxy)
			r := request("Bearer " + raw)
			r.Header.Set("Proxy-Authorization", "Bearer "+raw)
			r.Header.Set("X-Forwarded-Access-Token", raw)
			require.Equal(t, http.StatusOK, serve(mux, r).StatusCode)
			require.Len(t, upstream.seen, 1)
			want := filledIn(http.Header{"Authorization": row.sent}, map[string]string{"T": raw})["Authorization"]
			assert.ElementsMatch(t, want, upstream.seen[0].Header["Authorization"])
			assert.NotContains(t, upstream.seen[0].Header, "X-Forwarded-Access-Token")
			assert.NotContains(t, upstream.seen[0].Header, "Proxy-Authorization")
		})
	}
}

// A proof of possession reaches the guard that needs it, however far in.
func TestNestedGuardFindsProofs(t *testing.T) {
	t.Parallel()
	verified := newWorld(t).verified(t)
	var proofs [][]string
	auth := middleware.New(judge(func(_ context.Context, p token.Presentation) (*token.Token, error) {
		proofs = append(proofs, p.Request().DPoP)
		return verified, nil
	}), nil)
	r := request("Bearer x")
	r.Header["Dpop"] = []string{"proof"}
	serve(auth.Require(anybody)(auth.Require(scope.Public)(auth.Require(anybody)(subject))), r)
	assert.Equal(t, [][]string{{"proof"}, {"proof"}}, proofs)
}
