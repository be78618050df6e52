package scope_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// judge verifies tokens of one issuer.
type judge struct {
	issuer   *tokentest.Issuer
	verifier *token.Verifier
}

func newJudge(tb testing.TB) judge {
	tb.Helper()
	issuer := tokentest.NewIssuer(tb, nil)
	cfg := issuer.Config()
	cfg.Profile.Required = []string{}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return judge{issuer, verifier}
}

func (j judge) token(tb testing.TB, edits ...tokentest.Edit) *token.Token {
	tb.Helper()
	t, err := j.verifier.Authenticate(context.Background(), token.Bearer(j.issuer.Token(edits...)))
	require.NoError(tb, err)
	return t
}

type account struct {
	Tenant   string `json:"tenant"`
	AuthTime int64  `json:"auth_time"`
}

var errOtherTenant = errors.New("another tenant")

func ofTenant(name string) scope.Policy {
	return scope.Claims("tenant "+name, func(a account) error {
		if a.Tenant != name {
			return errOtherTenant
		}
		return nil
	})
}

func TestPolicyCheck(t *testing.T) {
	t.Parallel()
	issued := newJudge(t)
	stepUp := scope.Claims("recent", func(account) error { return &token.StepUpError{MaxAge: time.Minute} })
	for _, row := range []struct {
		name   string
		policy scope.Policy
		edits  []tokentest.Edit
		err    error
		need   []string
	}{
		{name: "C_6749-3.3-3 order carries no meaning", policy: scope.All("a", "b"), edits: with(tokentest.Scope("b", "a"))},
		{name: "C_6749-3.3-3 repetitions collapse", policy: scope.All("a", "b"), edits: with(tokentest.Claim("scope", "a a b"))},
		{name: "C_6749-3.3-5 runs of spaces", policy: scope.All("a", "b"), edits: with(tokentest.Claim("scope", " a  b "))},
		{name: "C_6749-3.3-5 a tab is no separator", policy: scope.All("admin"), edits: with(tokentest.Claim("scope", "a\tadmin")), err: token.ErrScope, need: []string{"admin"}},
		{name: "C_6749-3.3-5 a line feed is no separator", policy: scope.All("admin"), edits: with(tokentest.Claim("scope", "a\nadmin")), err: token.ErrScope, need: []string{"admin"}},
		{name: "C_6749-3.3-5 a no-break space is no separator", policy: scope.All("admin"), edits: with(tokentest.Claim("scope", "a\u00a0admin")), err: token.ErrScope, need: []string{"admin"}},
		{name: "C_6749-3.3-2 case matters", policy: scope.All("Read"), edits: with(tokentest.Scope("read")), err: token.ErrScope, need: []string{"Read"}},
		{name: "C_6749-3.3-6 no scope claim means no scope", policy: scope.All("read"), edits: with(tokentest.WithoutClaim("scope")), err: token.ErrScope, need: []string{"read"}},
		{name: "a longer scope is another one", policy: scope.All("read"), edits: with(tokentest.Scope("reader", "read:all")), err: token.ErrScope, need: []string{"read"}},
		{name: "C_6750-3.1-3 one of two is missing", policy: scope.All("read", "write"), edits: with(tokentest.Scope("read")), err: token.ErrScope, need: []string{"read", "write"}},
		{name: "any, the second", policy: scope.Any("a", "b"), edits: with(tokentest.Scope("b"))},
		{name: "any, none", policy: scope.Any("a", "b"), edits: with(tokentest.Scope("c")), err: token.ErrScope, need: []string{"a", "b"}},
		{name: "any and all name only what is needed", policy: scope.Any("a", "b").And(scope.All("c")), edits: with(tokentest.Scope("b")), err: token.ErrScope, need: []string{"b", "c"}},
		{name: "all of both sides", policy: scope.All("a").And(scope.All("b")), edits: with(tokentest.Scope("a")), err: token.ErrScope, need: []string{"a", "b"}},
		{name: "authenticated", policy: scope.Authenticated},
		{name: "optional with a token", policy: scope.Optional},
		{name: "public with a token", policy: scope.Public},
		{name: "the zero policy", policy: scope.Policy{}, err: token.ErrDenied},
		{name: "the zero policy and another", policy: scope.Policy{}.And(scope.Public), err: token.ErrDenied},
		{name: "another and the zero policy", policy: scope.Public.And(scope.Policy{}), err: token.ErrDenied},
		{name: "user", policy: scope.User},
		{name: "C_9068-5-1 user, but the client acts for itself", policy: scope.User, edits: with(tokentest.ClientCredentials()), err: token.ErrDenied},
		{name: "client", policy: scope.Client, edits: with(tokentest.ClientCredentials())},
		{name: "C_9068-5-1 client, but there is a user", policy: scope.Client, err: token.ErrDenied},
		{name: "C_9068-5-1 user, but nothing says whose the token is", policy: scope.User, edits: with(unproven), err: token.ErrSubjectUnknown},
		{name: "C_9068-5-1 client, but nothing says whose the token is", policy: scope.Client, edits: with(unproven), err: token.ErrSubjectUnknown},
		{name: "claims approved", policy: ofTenant("red"), edits: with(tokentest.Claim("tenant", "red"))},
		{name: "C_9110-15.5.4-1 claims denied", policy: ofTenant("red"), edits: with(tokentest.Claim("tenant", "blue")), err: token.ErrDenied},
		{name: "claims absent", policy: ofTenant("red"), err: token.ErrDenied},
		{name: "claims of another case", policy: ofTenant("red"), edits: with(tokentest.Claim("Tenant", "red")), err: token.ErrDenied},
		{name: "claims of another type", policy: ofTenant("red"), edits: with(tokentest.Claim("tenant", []string{"red"})), err: token.ErrClaim},
		{name: "claims ask for step-up", policy: stepUp, err: token.ErrStepUp},
		{name: "scopes are checked before claims", policy: ofTenant("red").And(scope.All("read")), err: token.ErrScope, need: []string{"read"}},
		{name: "claims in the order given", policy: stepUp.And(ofTenant("red")), err: token.ErrStepUp},
		{name: "claims in the other order", policy: ofTenant("red").And(stepUp), err: token.ErrDenied},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.Check(issued.token(t, row.edits...))
			assert.ErrorIs(t, err, row.err)
			if row.err == nil {
				return
			}
			assert.Equal(t, 1, outcomes(err), "%v", err)
			var short *token.ScopeError
			if errors.As(err, &short) || row.need != nil {
				require.NotNil(t, short)
				assert.Equal(t, row.need, short.Need)
			}
		})
	}
}

func with(edits ...tokentest.Edit) []tokentest.Edit { return edits }

func outcomes(err error) int {
	n := 0
	for _, outcome := range []error{
		token.ErrMissing, token.ErrRequest, token.ErrInvalid, token.ErrScope,
		token.ErrStepUp, token.ErrDenied, token.ErrUnavailable,
	} {
		if errors.Is(err, outcome) {
			n++
		}
	}
	return n
}

func TestPolicyCheck_withoutToken(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		policy scope.Policy
		err    error
	}{
		{scope.Policy{}, token.ErrMissing},
		{scope.Public, nil},
		{scope.Optional, nil},
		{scope.Authenticated, token.ErrMissing},
		{scope.User, token.ErrMissing},
		{scope.Client, token.ErrMissing},
		{scope.All("a"), token.ErrMissing},
		{scope.Any("a"), token.ErrMissing},
		{ofTenant("red"), token.ErrMissing},
		{scope.Public.And(scope.Optional), nil},
		{scope.Public.And(scope.All("a")), token.ErrMissing},
		{scope.Optional.And(scope.Authenticated), token.ErrMissing},
		{scope.Authenticated.And(scope.Public), token.ErrMissing},
		{scope.Policy{}.And(scope.Optional), token.ErrMissing},
	} {
		assert.ErrorIs(t, row.policy.Check(nil), row.err, row.policy.String())
	}
}

// unproven takes from a token what tells its kind of subject.
var unproven = tokentest.WithoutClaim("client_id")

// An application's error keeps its cause for the operator.
func TestClaimsErrorKeepsItsCause(t *testing.T) {
	t.Parallel()
	err := ofTenant("red").Check(newJudge(t).token(t))
	assert.ErrorIs(t, err, errOtherTenant)
}

func TestPolicyString(t *testing.T) {
	t.Parallel()
	for want, policy := range map[string]scope.Policy{
		"refused":                          {},
		"public":                           scope.Public,
		"optional":                         scope.Optional,
		"authenticated":                    scope.Authenticated,
		"user":                             scope.User,
		"client":                           scope.Client,
		"all(a)":                           scope.All("a"),
		"all(a, b)":                        scope.All("a", "b", "a"),
		"any(a, b)":                        scope.Any("a", "b"),
		"any(a, b) and all(c) and user":    scope.User.And(scope.Any("a", "b")).And(scope.All("c")),
		"all(c) and tenant red":            ofTenant("red").And(scope.All("c")),
		"all(a) and all(b)":                scope.All("a").And(scope.Authenticated).And(scope.All("b")),
		"all(a) and client and tenant red": scope.Public.And(scope.All("a")).And(scope.Client).And(ofTenant("red")),
	} {
		assert.Equal(t, want, policy.String())
	}
	assert.Equal(t, "refused", scope.Policy{}.And(scope.All("a")).String())
}

func TestPolicyKind(t *testing.T) {
	t.Parallel()
	assert.True(t, scope.Policy{}.IsZero())
	assert.True(t, scope.All("a").And(scope.Policy{}).IsZero())
	assert.True(t, scope.Public.IsPublic())
	assert.True(t, scope.Optional.IsOptional())
	for _, p := range []scope.Policy{scope.Authenticated, scope.All("a"), scope.Public.And(scope.User), scope.Optional.And(scope.All("a"))} {
		assert.False(t, p.IsZero() || p.IsPublic() || p.IsOptional(), p.String())
	}
	assert.True(t, scope.Public.And(scope.Optional).IsOptional())
}

func TestPolicyScopes(t *testing.T) {
	t.Parallel()
	p := scope.All("a", "b").And(scope.Any("b", "c")).And(scope.User)
	assert.Equal(t, []string{"a", "b", "c"}, p.Scopes())
	p.Scopes()[0] = "changed"
	assert.Equal(t, []string{"a", "b", "c"}, p.Scopes())
	assert.Empty(t, scope.Public.Scopes())
}

// And must not write into what its operands share.
func TestAndLeavesItsOperandsAlone(t *testing.T) {
	t.Parallel()
	base := ofTenant("red").And(scope.All("a"))
	left, right := base.And(scope.All("b")), base.And(scope.All("c"))
	assert.Equal(t, "all(a) and tenant red", base.String())
	assert.Equal(t, "all(a) and all(b) and tenant red", left.String())
	assert.Equal(t, "all(a) and all(c) and tenant red", right.String())
}

// The error of a policy may be kept and changed by whoever receives it.
func TestScopeErrorIsNotShared(t *testing.T) {
	t.Parallel()
	p, verified := scope.All("a", "b"), newJudge(t).token(t)
	var first, second *token.ScopeError
	require.ErrorAs(t, p.Check(verified), &first)
	first.Need[0] = "changed"
	require.ErrorAs(t, p.Check(verified), &second)
	assert.Equal(t, []string{"a", "b"}, second.Need)
}

func TestScopesOfAPolicyAreChecked(t *testing.T) {
	t.Parallel()
	t.Run("C_6749-3.3-7", func(t *testing.T) {
		for _, bad := range []string{`re"ad`, `re\ad`, "read write", "", "é", "a\x00"} {
			assert.Panics(t, func() { scope.All("ok", bad) }, "%q", bad)
			assert.Panics(t, func() { scope.Any("ok", bad) }, "%q", bad)
			assert.ErrorIs(t, recovered(func() { scope.All(bad) }), token.ErrConfig, "%q", bad)
		}
		assert.ErrorIs(t, recovered(func() { scope.All() }), token.ErrConfig)
		assert.ErrorIs(t, recovered(func() { scope.Any() }), token.ErrConfig)
	})
}

func recovered(f func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	f()
	return nil
}

// No name of a rule and no value makes a policy read like another one.
func TestPolicyStringIsUnambiguous(t *testing.T) {
	t.Parallel()
	f := func(name string) scope.Policy { return scope.Func(name, func(*token.Token) error { return nil }) }
	for want, policy := range map[string]scope.Policy{
		`"all(a)"`:                           f("all(a)"),
		`"user"`:                             f("user"),
		`"public"`:                           f("public"),
		`"a or b" and "c and d"`:             f("a or b").And(f("c and d")),
		`("a) or (b" or user) and client`:    f("a) or (b").Or(scope.User).And(scope.Client),
		`"\"user\""`:                         f(`"user"`),
		`"a\nb" and "c\u202ed"`:              f("a\nb").And(f("c\u202ed")),
		`larger, if so and not user`:         f("larger, if so").And(f("not user")), // no more than a little odd
		`"us\u0435r" and "gr\u00f6\u00dfer"`: f("us\u0435r").And(f("größer")),
		`"and x" and "y or" and " z"`:        f("and x").And(f("y or")).And(f(" z")),
		`"authenticated" and "tenant"`:       f("authenticated").And(f("tenant")),
		`all("a)", "b,", c)`:                 scope.All("a)", "b,", "c"),
		`all roles("x) or any roles(y", z)`:  scope.AllOf("roles", "x) or any roles(y", "z"),
	} {
		assert.Equal(t, want, policy.String())
	}
}
