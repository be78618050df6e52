package bounds_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const needed = "orders:read"

// world is an issuer, and the ways to verify its tokens.
type world struct {
	*tokentest.Issuer
	warm, cold *token.Verifier
}

func newWorld(t *testing.T, algorithm string) world {
	t.Helper()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{algorithm}, Lifetime: time.Hour})
	w := world{Issuer: issuer, warm: verifier(t, issuer.Config())}
	cfg := issuer.Config()
	cfg.CacheSize = -1
	w.cold = verifier(t, cfg)
	return w
}

func verifier(t *testing.T, cfg token.Config) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	require.NoError(t, v.Ready(context.Background()))
	return v
}

// good is a token with the needed scope, of about so many bytes.
func (w world) good(size int, edits ...tokentest.Edit) string {
	edits = append(edits, tokentest.Scope(needed, "profile"))
	pad := size*3/4 - len(w.Token(edits...))*3/4
	return w.Token(append(edits, tokentest.Claim("groups", strings.Repeat("p", max(pad, 0))))...)
}

// passes is a call that must succeed, and fails one that must not for a reason.
func passes(auth token.Authenticator, raw string) func() bool { return fails(auth, raw, nil) }

func fails(auth token.Authenticator, raw string, want error) func() bool {
	p := token.Bearer(raw)
	return func() bool {
		_, err := auth.Authenticate(context.Background(), p)
		return errors.Is(err, want)
	}
}

func verification(t *testing.T) (list []subject) {
	t.Helper()
	for _, algorithm := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		w := newWorld(t, algorithm)
		for _, size := range []int{900, 4096} {
			raw := w.good(size)
			list = append(list,
				subject{fmt.Sprintf("verify/cold/%s/%d", algorithm, size), passes(w.cold, raw)},
				subject{fmt.Sprintf("verify/warm/%s/%d", algorithm, size), passes(w.warm, raw)})
		}
	}
	w := newWorld(t, "ES256")
	several := token.ByIssuer(map[string]token.Authenticator{w.Identifier(): w.warm})
	cfg := w.Config()
	for _, claim := range []string{"token_use", "tid", "ver", "azp"} {
		cfg.Profile.Rules = append(cfg.Profile.Rules, token.Mark{Claim: claim, Values: []string{"x"}})
	}
	cfg.Profile.Sets = map[string][]token.Source{"roles": {{Path: []string{"realm_access", "roles"}}}}
	ruled := verifier(t, cfg)
	raw := w.good(900, tokentest.Claim("token_use", "x"), tokentest.Claim("tid", "x"), tokentest.Claim("ver", "x"), tokentest.Claim("azp", "x"),
		tokentest.Claim("realm_access", map[string][]string{"roles": {"admin"}}))
	list = append(list, subject{"verify/warm/rules", func() bool {
		t, err := ruled.Authenticate(context.Background(), token.Bearer(raw))
		return err == nil && t.HasValue("roles", "admin")
	}})
	resolver, tenants := resolvers(t, w)
	return append(list,
		subject{"verify/warm/by-issuer", passes(several, w.good(900))},
		subject{"verify/warm/resolver", passes(resolver, w.good(900))},
		subject{"verify/warm/template", passes(tenants, w.good(900, tokentest.Claim("iss", "https://login.test/acme/v2"), tokentest.Claim("tid", "acme")))})
}

// resolvers find the Verifier of w by a function, and make one of a tenant with
// the same keys.
func resolvers(t *testing.T, w world) (byFunction, byTemplate *token.Resolver) {
	t.Helper()
	shared := w.Config()
	var err error
	shared.Keys, err = jwks.NewRemote(jwks.RemoteConfig{URLs: []string{w.KeysURL()}, HTTPClient: w.Client()})
	require.NoError(t, err)
	shared.Issuer, shared.HTTPClient = "", nil
	byFunction, err = token.NewResolver(token.ResolverConfig{
		Allow:   func(string) bool { return true },
		Resolve: func(context.Context, string) (token.Authenticator, error) { return w.warm, nil },
	})
	require.NoError(t, err)
	byTemplate, err = token.NewResolver(token.ResolverConfig{Templates: []token.Template{{
		Issuer: "https://login.test/{tid}/v2", AnyValue: true, Claim: "tid", Config: shared,
	}}})
	require.NoError(t, err)
	return byFunction, byTemplate
}

func refusals(t *testing.T) []subject {
	t.Helper()
	w := newWorld(t, "ES256")
	raw := w.good(900)
	past := tokentest.Claim("exp", time.Now().Add(-time.Hour).Unix())
	_ = fails(w.warm, w.good(900, tokentest.Header("kid", "nobody's")), token.ErrUnknownKey)() // spends the budget
	return []subject{
		{"refuse/missing", fails(w.warm, "", token.ErrMissing)},
		{"refuse/garbage", fails(w.warm, strings.Repeat("A", 900), token.ErrMalformed)},
		{"refuse/too-large", fails(w.warm, strings.Repeat("A", 1<<20), token.ErrTooLarge)},
		{"refuse/alg", fails(w.warm, w.good(900, tokentest.Header("alg", "none")), token.ErrAlgorithm)},
		{"refuse/issuer", fails(w.warm, w.good(900, tokentest.Claim("iss", "https://evil.example.com")), token.ErrIssuer)},
		{"refuse/unknown-kid", fails(w.warm, w.good(900, tokentest.Header("kid", "nobody's")), token.ErrUnknownKey)},
		{"refuse/signature", fails(w.warm, altered(raw), token.ErrSignature)},
		{"refuse/expired", fails(w.warm, w.good(900, past), token.ErrExpired)},
	}
}

// altered has another signature than raw, of the same length.
func altered(raw string) string {
	dot := strings.LastIndexByte(raw, '.')
	first := "A"
	if raw[dot+1] == 'A' {
		first = "B"
	}
	return raw[:dot+1] + first + raw[dot+2:]
}

// verified is a token that has passed, and verdict an Authenticator that says
// so at no cost, so that what remains is the transport.
func verified(t *testing.T) *token.Token {
	t.Helper()
	w := newWorld(t, "ES256")
	verified, err := w.cold.Authenticate(context.Background(), token.Bearer(w.good(900)))
	require.NoError(t, err)
	return verified
}

type verdict struct{ token *token.Token }

func (v verdict) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return v.token, nil
}

func policies(t *testing.T) []subject {
	t.Helper()
	verified := verified(t)
	holds := func(p scope.Policy) func() bool { return func() bool { return p.Check(verified) == nil } }
	lacking := scope.All("orders:write") // made once, as services do
	return []subject{
		{"policy/all", holds(scope.All(needed))},
		{"policy/any-and-user", holds(scope.Any("orders:write", needed).And(scope.User))},
		{"policy/alternatives", holds(scope.All("orders:write").And(scope.User).Or(scope.ClientID("x")).Or(scope.All(needed)))},
		{"policy/refused", func() bool { return errors.Is(lacking.Check(verified), token.ErrScope) }},
		{"claims/ClaimsOf", func() bool {
			c, err := token.ClaimsOf[struct {
				Groups string `json:"groups"`
			}](verified)
			return err == nil && c.Groups != ""
		}},
	}
}
