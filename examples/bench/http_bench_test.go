package bench_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func request(authorization ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	r.Header["Authorization"] = authorization
	return r
}

// serving is a call to a handler as a server makes it.
func serving(h http.Handler, r *http.Request) func() bool {
	w := &sink{header: http.Header{}}
	return func() bool {
		clear(w.header)
		h.ServeHTTP(w, r)
		return true
	}
}

func postern(tb testing.TB, alg string, remembers bool, edits ...func(*token.Config)) *token.Verifier {
	tb.Helper()
	verifier, err := issuers[alg]().Verifier(remembers, edits...)
	require.NoError(tb, err)
	return verifier
}

// authenticate is the verifier by itself.
func authenticate(verifier token.Authenticator, raw string, good bool) func(*testing.B) {
	return func(b *testing.B) {
		p := token.Bearer(raw)
		loop(func() bool {
			_, err := verifier.Authenticate(b.Context(), p)
			return (err == nil) == good
		})(b)
	}
}

// BenchmarkHTTP shows what the middleware adds to the verifier.
func BenchmarkHTTP(b *testing.B) {
	raw := issuers["RS256"]().Token(900)
	r := request("Bearer " + raw)
	for state, remembers := range map[string]bool{"warm": true, "cold": false} {
		verifier := postern(b, "RS256", remembers)
		auth := middleware.New(verifier, nil)
		mux := auth.NewMux()
		mux.Handle("GET /orders", scope.All(bench.Scope), nothing)
		b.Run("state="+state+"/what=verifier", authenticate(verifier, raw, true))
		b.Run("state="+state+"/what=middleware", loop(serving(auth.Require(scope.All(bench.Scope))(nothing), r)))
		b.Run("state="+state+"/what=mux", loop(serving(mux, r)))
	}
	plain := http.NewServeMux()
	plain.Handle("GET /orders", nothing)
	b.Run("state=none/what=handler", loop(serving(nothing, r)))
	b.Run("state=none/what=mux", loop(serving(plain, r)))
}

// BenchmarkRefuse is what bad calls cost: the verifier alone, and all the way
// through the middleware.
func BenchmarkRefuse(b *testing.B) {
	issuer := issuers["RS256"]()
	verifier := postern(b, "RS256", true)
	guard := middleware.New(verifier, nil).Require(scope.All(bench.Scope))(nothing)
	for why, raw := range map[string]string{
		"malformed": "a.b.c", "expired": attack(b, "expired").Token(issuer),
		"signature": attack(b, "signature altered").Token(issuer),
		"audience":  attack(b, "another audience").Token(issuer),
		"issuer":    attack(b, "another issuer").Token(issuer),
		"kid":       attack(b, "kid unknown").Token(issuer),
		"alg":       attack(b, "alg none").Token(issuer),
	} {
		b.Run("why="+why+"/what=verifier", authenticate(verifier, raw, false))
		b.Run("why="+why+"/what=middleware", loop(serving(guard, request("Bearer "+raw))))
	}
	b.Run("why=missing/what=verifier", authenticate(verifier, "", false))
	b.Run("why=missing/what=middleware", loop(serving(guard, request())))
	b.Run("why=scope/what=middleware", loop(serving(
		middleware.New(verifier, nil).Require(scope.All("orders:delete"))(nothing), request("Bearer "+issuer.Token(900)))))
}

func attack(tb testing.TB, name string) bench.Attack {
	tb.Helper()
	for _, a := range bench.Attacks {
		if a.Name == name {
			return a
		}
	}
	require.Fail(tb, "no such attack", name)
	return bench.Attack{}
}

// custom are claims as a service would ask for.
type custom struct {
	Groups []string `json:"groups"`
	Tenant string   `json:"tenant"`
}

// BenchmarkClaims is what a service asks of a token that has been verified.
func BenchmarkClaims(b *testing.B) {
	t, err := postern(b, "ES256", true).Authenticate(b.Context(), token.Bearer(issuers["ES256"]().Token(900)))
	require.NoError(b, err)
	policies := map[string]scope.Policy{
		"all": scope.All(bench.Scope), "any": scope.Any("orders:delete", bench.Scope),
		"all-and-user":  scope.All(bench.Scope, "profile").And(scope.User),
		"claims":        scope.Claims("groups", func(custom) error { return nil }),
		"authenticated": scope.Authenticated,
	}
	for name, policy := range policies {
		b.Run("policy="+name, loop(func() bool { return policy.Check(t) == nil }))
	}
	b.Run("what=ClaimsOf", loop(func() bool {
		c, err := token.ClaimsOf[custom](t)
		return err == nil && len(c.Groups) > 0
	}))
}
