package scope_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Any policy of any depth lets in what a naive evaluator lets in, and tells all
// others the truth.
func FuzzPolicy(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		seed := make([]byte, 2+random.IntN(40))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed, random.Uint32())
	}
	plain, marked := judges(f)
	f.Fuzz(func(t *testing.T, bytes []byte, bits uint32) {
		n := (&reader{bytes}).tree(5)
		p := n.policy()
		for _, at := range []facts{factsOf(bits), factsOf(bits | 1<<10), factsOf(bits | 7<<8)} {
			err := p.Check(at.token(t))
			require.Equal(t, n.holds(at), err == nil, "%s: %v, %+v", p, err, at)
			if err != nil {
				require.Equal(t, 1, outcomes(err), "%s: %v", p, err)
				require.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, "%s: %v", p, err)
				tellsTheTruth(t, n, at, err)
			}
		}
		require.Equal(t, canBeMet(n, false), p.NeverMet(plain) == nil, "%s: %v", p, p.NeverMet(plain))
		require.Equal(t, canBeMet(n, true), p.NeverMet(marked) == nil, "%s: %v", p, p.NeverMet(marked))
	})
}

func tellsTheTruth(t *testing.T, n tree, at facts, err error) {
	t.Helper()
	p := n.policy()
	up, early := at, n.early()
	up.up = true
	switch {
	case n.holds(up):
		require.ErrorIs(t, err, token.ErrUnavailable, "%s: %+v: nothing else is missing", p, at)
	case early.holdsWithScopes(at) && !early.holds(at), early.holds(at) && n.holdsWithScopes(at):
		require.ErrorIs(t, err, token.ErrScope, "%s: %+v: scopes alone are missing, or before others", p, at)
	case early.holdsAfterStepUp(at) && !early.holds(at), early.holds(at) && n.holdsAfterStepUp(at):
		require.ErrorIs(t, err, token.ErrStepUp, "%s: %+v: a step-up is missing, or before others", p, at)
	case !early.holds(at):
		require.ErrorIs(t, err, token.ErrDenied, "%s: %+v: nothing helps", p, at)
	default:
		require.NotErrorIs(t, err, token.ErrScope, "%s: %+v: no scope helps", p, at)
		require.False(t, errors.Is(err, token.ErrStepUp) && !n.lacksPlainRecent(at), "%s: %+v: no step-up helps", p, at)
	}
	var short *token.ScopeError
	if errors.As(err, &short) {
		require.NotEmpty(t, short.Need)
		asked := at
		asked.scopes = setOf(short.Need)
		require.Equal(t, n.holdsWithScopes(at), n.holds(asked), "%s: %v, %+v: the scopes named are enough", p, err, at)
	}
	var stepUp *token.StepUpError
	if errors.As(err, &stepUp) && n.holdsAfterStepUp(at) {
		for _, stepped := range at.after(stepUp) {
			require.NoError(t, p.Check(stepped.token(t)), "%s: %v: what is named is enough", p, err)
		}
	}
}

func setOf(scopes []string) (set uint8) {
	for i, name := range tokenScopes {
		for _, s := range scopes {
			if s == name {
				set |= 1 << i
			}
		}
	}
	return set
}

// canBeMet tries every combination of the facts that a policy can contradict, or
// that the issuer's profile may not tell.
func canBeMet(n tree, marked bool) bool {
	kinds := []token.SubjectKind{token.SubjectUnknown, token.SubjectClient}
	if marked {
		kinds = append(kinds, token.SubjectUser)
	}
	for _, kind := range kinds {
		for _, acr := range acrs {
			if n.holds(facts{15, kind, true, true, true, true, true, marked, marked, login{acr, 0}}) {
				return true
			}
		}
	}
	return false
}

// judges are Authenticators that cannot tell users and have no sets of rights,
// and that can and do.
func judges(tb testing.TB) (plain, marked token.Authenticator) {
	tb.Helper()
	cfg := tokentest.NewIssuer(tb, nil).Config()
	cfg.Profile.Sets = map[string][]token.Source{"roles": {{Claim: "roles"}}, "groups": {{Claim: "groups"}}}
	marked, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	cfg.Profile = token.Profile{}
	plain, err = token.NewVerifier(cfg)
	require.NoError(tb, err)
	return plain, marked
}

// Deep policies cost little more than their size: nothing is tried twice at each
// level.
func TestDeepPolicies(t *testing.T) {
	t.Parallel()
	p := scope.All("a")
	for range 50 {
		p = p.And(scope.User).Or(scope.All("b").And(scope.Client))
	}
	at := facts{kind: token.SubjectUser}
	var short *token.ScopeError
	require.ErrorAs(t, p.Check(at.token(t)), &short)
	assert.Equal(t, []string{"a"}, short.Need)
	assert.Equal(t, []string{"a", "b"}, p.Scopes())
	at.scopes = 1
	assert.NoError(t, p.Check(at.token(t)))
	at.kind = token.SubjectUnknown
	err := p.Check(at.token(t))
	require.ErrorIs(t, err, token.ErrSubjectUnknown)
	assert.NotEmpty(t, err.Error())
	plain, marked := judges(t)
	require.NoError(t, p.NeverMet(plain))
	require.NoError(t, p.NeverMet(marked))
}
