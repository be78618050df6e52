package scope_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A token that is not bound is invalid for the call, before anything is said of
// logins and scopes, unless there is another way in.
func TestBound(t *testing.T) {
	t.Parallel()
	long := scope.MaxAge(5 * time.Minute)
	for name, row := range map[string]struct {
		policy         scope.Policy
		unbound, bound error // nil: it passes
	}{
		"alone":                         {scope.Bound, token.ErrBinding, nil},
		"before scopes":                 {scope.All("a").And(scope.Bound), token.ErrBinding, token.ErrScope},
		"before step-up":                {long.And(scope.Bound), token.ErrBinding, token.ErrStepUp},
		"before both":                   {scope.Bound.And(scope.All("a")).And(scope.ACR("mfa")), token.ErrBinding, token.ErrStepUp},
		"before the application":        {scope.User.And(scope.Bound), token.ErrBinding, token.ErrSubjectUnknown},
		"makes a token necessary":       {scope.Optional.And(scope.Bound), token.ErrBinding, nil},
		"beside a policy":               {scope.Authenticated.And(scope.Bound), token.ErrBinding, nil},
		"one of two ways, by scopes":    {scope.Bound.Or(scope.All("a")), token.ErrScope, nil},
		"one of two ways, by step-up":   {scope.Bound.Or(long), token.ErrStepUp, nil},
		"one of two ways, by denial":    {scope.Bound.Or(scope.ClientID("web")), token.ErrDenied, nil},
		"one of two ways, both good":    {scope.Bound.Or(scope.ClientID("app")), nil, nil},
		"in each way":                   {scope.Bound.And(scope.User).Or(scope.Bound.And(scope.All("a"))), token.ErrBinding, token.ErrScope},
		"in each way, of scopes alone":  {scope.Bound.And(scope.All("b")).Or(scope.Bound.And(scope.All("a"))), token.ErrBinding, token.ErrScope},
		"twice in one rule":             {scope.Bound.Or(scope.Bound).And(scope.All("a")), token.ErrBinding, token.ErrScope},
		"one of two ways, with a scope": {scope.Bound.And(scope.All("a")).Or(scope.All("b")), token.ErrScope, token.ErrScope},
	} {
		t.Run("C_8705-3-5 "+name, func(t *testing.T) {
			t.Parallel()
			for bound, want := range map[bool]error{false: row.unbound, true: row.bound} {
				err := row.policy.Check(facts{bound: bound, login: login{"", never}}.token(t))
				if want == nil {
					require.NoError(t, err, bound)
					continue
				}
				require.ErrorIs(t, err, want, bound)
				assert.Equal(t, 1, outcomes(err))
				assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
				assert.Equal(t, want == token.ErrBinding, token.Reason(err) == "binding")
			}
			require.Error(t, row.policy.Check(nil))
		})
	}
	assert.ErrorContains(t, scope.Bound.Check(facts{}.token(t)), `rule "bound": `)
	assert.NoError(t, scope.Authenticated.And(scope.Bound.Rehearsed()).Check(facts{}.token(t)))
}

// Challenges leave Bearer out only if no unbound token can be good.
func TestIsBoundOnly(t *testing.T) {
	t.Parallel()
	for _, p := range []scope.Policy{
		scope.Bound, scope.All("a").And(scope.Bound), scope.Bound.Or(scope.Bound.And(scope.User)),
		scope.User.Or(scope.Client).And(scope.All("a").And(scope.Bound).Or(scope.Bound.And(scope.User))),
	} {
		assert.True(t, p.IsBoundOnly(), p)
	}
	for _, p := range []scope.Policy{
		{}, scope.Public, scope.Optional, scope.Authenticated, scope.All("a"), scope.Bound.Or(scope.User), scope.Bound.Rehearsed(),
		scope.Authenticated.And(scope.Bound.Rehearsed()), scope.Bound.Or(scope.User).Or(scope.Bound.And(scope.Client)),
	} {
		assert.False(t, p.IsBoundOnly(), p)
	}
}

// possession is a binding of which nothing matters here but that it is there.
type possession struct{}

func (possession) Method() string                                                { return "x5t#S256" }
func (possession) Check(context.Context, *token.Token, token.Presentation) error { return nil }

func TestBoundIsNeverMet(t *testing.T) {
	t.Parallel()
	cfg := tokentest.NewIssuer(t, nil).Config()
	issuer := cfg.Issuer
	without, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	cfg.Issuer, cfg.Confirmations = "https://b.example.com", []token.ConfirmationChecker{possession{}}
	with, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	foreign := struct{ token.Authenticator }{without}
	one := token.ByIssuer(map[string]token.Authenticator{issuer: without})
	some := token.ByIssuer(map[string]token.Authenticator{issuer: without, cfg.Issuer: with})
	own := token.ByIssuer(map[string]token.Authenticator{issuer: foreign})

	for name, auth := range map[string]token.Authenticator{"a Verifier": without, "Issuers": one} {
		require.ErrorIs(t, scope.Bound.NeverMet(auth), token.ErrConfig, name)
		require.ErrorContains(t, scope.Bound.NeverMet(auth), "Config.Confirmations", name)
		require.Error(t, scope.User.And(scope.Bound).Or(scope.All("a").And(scope.Bound)).NeverMet(auth), name)
		require.NoError(t, scope.Bound.Or(scope.All("a")).NeverMet(auth), name)
	}
	for name, auth := range map[string]token.Authenticator{
		"a Verifier": with, "Issuers": some, "one's own": foreign, "one's own of an issuer": own, "nil": nil,
		"no issuer yet": new(token.Issuers), "a nil Verifier": (*token.Verifier)(nil),
	} {
		require.NoError(t, scope.Bound.NeverMet(auth), name)
	}
	require.ErrorContains(t, scope.Bound.And(scope.MaxAge(time.Minute)).And(scope.Client).NeverMet(with), "step-up rules are about users")
}

func TestBoundAllocatesNothing(t *testing.T) {
	p, good := scope.Bound.And(scope.All("a")), facts{bound: true, scopes: 1}.token(t)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = p.Check(good) }))
}
