package grpcauth_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// promise is what guards owe to a handler behind them. The names of the rows
// are those of middleware's table: both transports keep the same promises.
type promise struct {
	name   string
	guards []scope.Policy // the outermost first
	cfg    grpcauth.Config
	// sent is what the caller sends. "T" stands for a good token of alice, "U"
	// for one of bob, "X" for an expired one.
	sent metadata.MD
	// between is what the program does to the metadata between two guards.
	between func(metadata.MD)
	// finds is the subject of the token in the handler's context.
	finds string
	// sees are the keys of the metadata that reach the handler.
	sees []string
}

var promises = []promise{
	{name: "hidden behind authenticated", guards: guards(scope.Authenticated), sent: bearer("T", "dpop", "p", "x-id", "1"), finds: "alice", sees: []string{"x-id"}},
	{name: "hidden behind optional", guards: guards(scope.Optional), sent: bearer("T", "x-id", "1"), finds: "alice", sees: []string{"x-id"}},
	{name: "hidden behind public", guards: guards(scope.Public), sent: bearer("T", "x-id", "1"), sees: []string{"x-id"}},
	{name: "hidden behind public, a bad token", guards: guards(scope.Public), sent: bearer("X")},
	{name: "hidden behind public, other credentials", guards: guards(scope.Public), sent: pairs("authorization", "Basic dTpw", "proxy-authorization", "Basic dTpw")},
	{name: "hidden behind public, wrong case", guards: guards(scope.Public), sent: metadata.MD{"AUTHORIZATION": {"Bearer x"}, "DPoP": {"p"}}},
	{name: "hidden copies of proxies", guards: guards(scope.Authenticated), finds: "alice", sees: []string{"x-forwarded-for"}, sent: bearer("T",
		"proxy-authorization", "a", "grpcgateway-authorization", "a", "grpcgateway-dpop", "a", "x-forwarded-access-token", "a",
		"x-amzn-oidc-accesstoken", "a", "x-amzn-oidc-data", "a", "x-goog-iap-jwt-assertion", "a", "txn-token", "a",
		"x-auth-request-id-token", "a", "x-forwarded-for", "192.0.2.1")},
	{name: "hidden copies, no token", guards: guards(scope.Optional), sent: pairs("x-forwarded-access-token", "a", "x-id", "1"), sees: []string{"x-id"}},
	{name: "hidden cookies, whole", guards: guards(scope.Authenticated), sent: bearer("T", "cookie", "a=1", "grpcgateway-cookie", "a=1"), finds: "alice"},
	{name: "hidden by name", guards: guards(scope.Authenticated), cfg: grpcauth.Config{Hide: []string{"X-Api-Key", "session"}}, sent: bearer("T", "x-api-key", "k", "session", "s"), finds: "alice"},
	{name: "kept by option", guards: guards(scope.Authenticated), cfg: grpcauth.Config{KeepCredentials: true}, sent: bearer("T", "dpop", "p", "cookie", "at"), finds: "alice", sees: []string{"authorization", "cookie", "dpop"}},
	{name: "other fields are left alone", guards: guards(scope.Authenticated), sent: bearer("T", "x-api-key", "k", "x-authorization-hint", "h"), finds: "alice", sees: []string{"x-api-key", "x-authorization-hint"}},

	{name: "nested finds what was hidden", guards: guards(scope.Authenticated, scope.Authenticated), sent: bearer("T"), finds: "alice"},
	{name: "nested behind public", guards: guards(scope.Public, scope.Authenticated), sent: bearer("T"), finds: "alice"},
	{name: "nested three deep", guards: guards(scope.Authenticated, scope.Public, scope.Optional), sent: bearer("T"), finds: "alice"},
	{name: "nested, kept by option", guards: guards(scope.Authenticated, scope.Authenticated), cfg: grpcauth.Config{KeepCredentials: true}, sent: bearer("T"), finds: "alice", sees: []string{"authorization"}},
	{name: "nested, the program's own token", guards: guards(scope.Authenticated, scope.Authenticated), sent: bearer("T"), between: set("Bearer U"), finds: "bob"},
	{name: "nested, the program's own token, then one more", guards: guards(scope.Public, scope.Authenticated, scope.Authenticated), sent: bearer("X"), between: set("Bearer U"), finds: "bob"},

	{name: "public finds no token of an outer guard", guards: guards(scope.Authenticated, scope.Public), sent: bearer("T")},
	{name: "public finds no token of an outer guard, kept by option", guards: guards(scope.Authenticated, scope.Public), cfg: grpcauth.Config{KeepCredentials: true}, sent: bearer("T"), sees: []string{"authorization"}},
	{name: "optional finds the one presented", guards: guards(scope.Authenticated, scope.Optional), sent: bearer("T"), finds: "alice"},
	{name: "optional finds none that was not presented", guards: guards(scope.Authenticated, scope.Optional), sent: bearer("T"), between: set()},
	{name: "optional finds none that was taken away", guards: guards(scope.Authenticated, scope.Optional), cfg: grpcauth.Config{KeepCredentials: true}, sent: bearer("T"), between: func(md metadata.MD) { delete(md, "authorization") }},
	{name: "optional finds none that was taken away, observed", guards: guards(scope.Authenticated, scope.Optional), cfg: grpcauth.Config{KeepCredentials: true, Trace: observed}, sent: bearer("T"), between: func(md metadata.MD) { delete(md, "authorization") }},
}

// observed makes guards tell those further in that a call is counted.
var observed = &scope.Trace{Allowed: func(context.Context, scope.Decision) {}}

func guards(policies ...scope.Policy) []scope.Policy { return policies }

func pairs(of ...string) metadata.MD { return metadata.Pairs(of...) }

func bearer(raw string, more ...string) metadata.MD {
	return pairs(append([]string{"authorization", "Bearer " + raw}, more...)...)
}

func set(values ...string) func(metadata.MD) {
	return func(md metadata.MD) { md["authorization"] = append([]string{}, values...) }
}

// TestPromises runs the table, for both kinds of calls. See middleware for the
// same over HTTP.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, row := range promises {
		for _, kind := range []string{"unary", "stream"} {
			t.Run(row.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				issuer := tokentest.NewIssuer(t, nil)
				standsFor := map[string]string{"T": issuer.Token(), "U": issuer.Token(tokentest.Subject("bob")), "X": issuer.Token(tokentest.ExpiresIn(-time.Hour))}
				sent := filledIn(row.sent, standsFor)
				before := sent.Copy()
				between := func(md metadata.MD) metadata.MD {
					if row.between != nil {
						row.between(md)
					}
					return filledIn(md, standsFor)
				}
				var inner context.Context
				note := func(ctx context.Context) error { inner = ctx; return nil }
				call := row.wrap(verifierOf(t, issuer), kind, between, note)
				require.NoError(t, call(metadata.NewIncomingContext(t.Context(), sent)))
				got, _ := token.FromContext(inner)
				assert.Equal(t, row.finds != "", got != nil)
				if got != nil {
					assert.Equal(t, row.finds, got.Subject())
				}
				md, _ := metadata.FromIncomingContext(inner)
				assert.ElementsMatch(t, row.sees, slices.Collect(maps.Keys(md)))
				assert.Equal(t, before, sent, "what is around the guard keeps its metadata")
			})
		}
	}
}

// filledIn is md with tokens in place of the letters that stand for them.
func filledIn(md metadata.MD, standsFor map[string]string) metadata.MD {
	filled := metadata.MD{}
	for key, values := range md {
		filled[key] = []string{}
		for _, v := range values {
			if last := len(v) - 1; standsFor[v[last:]] != "" {
				v = v[:last] + standsFor[v[last:]]
			}
			filled[key] = append(filled[key], v)
		}
	}
	return filled
}

// wrap puts the guards around the handler. between changes the metadata behind
// the outermost guard; nil changes nothing.
func (p promise) wrap(auth token.Authenticator, kind string, between func(metadata.MD) metadata.MD, handler func(context.Context) error) func(context.Context) error {
	call := handler
	for n, policy := range slices.Backward(p.guards) {
		cfg := p.cfg
		cfg.Hide = slices.Clone(cfg.Hide)
		guard, next := grpcauth.New(auth, all(policy), &cfg), call
		call = func(ctx context.Context) error {
			if n == 1 && between != nil {
				md, _ := metadata.FromIncomingContext(ctx)
				ctx = metadata.NewIncomingContext(ctx, between(md))
			}
			return through(guard, kind, ctx, next)
		}
	}
	return call
}

// through makes a call of the kind through the guard.
func through(guard *grpcauth.Interceptor, kind string, ctx context.Context, next func(context.Context) error) error {
	if kind == "unary" {
		_, err := guard.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unary}, func(ctx context.Context, _ any) (any, error) { return nil, next(ctx) })
		return err
	}
	return guard.Stream(nil, &fakeStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: duplex}, func(_ any, ss grpc.ServerStream) error { return next(ss.Context()) })
}

// A proof of possession reaches the guard that needs it, however far in.
func TestNestedGuardFindsProofs(t *testing.T) {
	t.Parallel()
	var seen [][]string
	good := verified(t)
	auth := judge(func(_ context.Context, p token.Presentation) (*token.Token, error) {
		seen = append(seen, p.Request().DPoP)
		return good, nil
	})
	row := promise{guards: guards(scope.Authenticated, scope.Public, scope.Authenticated)}
	call := row.wrap(auth, "unary", nil, func(context.Context) error { return nil })
	require.NoError(t, call(metadata.NewIncomingContext(t.Context(), bearer("x", "dpop", "proof"))))
	assert.Equal(t, [][]string{{"proof"}, {"proof"}}, seen)
}
