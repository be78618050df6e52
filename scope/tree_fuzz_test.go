package scope_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Any policy of any depth, for any hierarchy of scopes, lets in what a naive
// evaluator lets in, and tells all others the truth.
func FuzzPolicy(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	f.Add([]byte{1, 4, 11, 0, 0}, uint16(2), uint8(8)) // any(c, d) and all(a), of a token with b, which implies c
	for n := range 600 {
		seed := make([]byte, 2+random.IntN(40))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		larger := uint8(0)
		if n >= 300 {
			larger = uint8(random.Uint32())
		}
		f.Add(seed, uint16(random.Uint32()), larger)
	}
	plain, marked := judges(f)
	f.Fuzz(func(t *testing.T, bytes []byte, bits uint16, larger uint8) {
		kinds := math.MaxInt
		if larger>>7 == 1 { // what scopes imply shows best without other rules
			kinds = 2
		}
		n := (&reader{bytes, kinds}).tree(5)
		p := n.policy()
		for _, at := range []facts{factsOf(bits), factsOf(bits | 1<<10), factsOf(bits | 7<<8), factsOf(bits &^ (7 << 13))} {
			at.larger = larger
			err := p.Check(at.token(t))
			require.Equal(t, n.holds(at), err == nil, "%s: %v, %+v", p, err, at)
			if err != nil {
				require.Equal(t, 1, outcomes(err), "%s: %v", p, err)
				require.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, "%s: %v", p, err)
				tellsTheTruth(t, n, at, err)
			}
		}
		readsBack(t, n)
		require.Equal(t, canBeMet(n, false), p.NeverMet(plain) == nil, "%s: %v", p, p.NeverMet(plain))
		require.Equal(t, canBeMet(n, true), p.NeverMet(marked) == nil, "%s: %v", p, p.NeverMet(marked))
	})
}

func tellsTheTruth(t *testing.T, n tree, at facts, err error) {
	t.Helper()
	p := n.policy()
	up, stepped := at, at
	up.up, stepped.recent = true, true
	switch {
	case n.holds(up):
		require.ErrorIs(t, err, token.ErrUnavailable, "%s: %+v: nothing else is missing", p, at)
	case n.holdsWithScopes(at):
		require.True(t, asksForScopes(err), "%s: %+v: scopes alone are missing: %v", p, at, err)
	case n.lacksPlainScope(at):
		require.True(t, asksForScopes(err), "%s: %+v: %v", p, at, err)
	case n.holdsWithScopes(stepped):
		require.ErrorIs(t, err, token.ErrStepUp, "%s: %+v", p, at)
	default:
		require.False(t, asksForScopes(err), "%s: %+v: no scope helps: %v", p, at, err)
	}
	var short *token.ScopeError
	if errors.As(err, &short) {
		require.NotEmpty(t, short.Need)
		asked := at
		asked.scopes = setOf(short.Need)
		require.Equal(t, n.holdsWithScopes(at), n.holds(asked), "%s: %v, %+v: the scopes named are enough", p, err, at)
		require.Subset(t, p.Scopes(), short.Need, "%s: %v: the challenge speaks of the policy's scopes alone", p, err)
	}
	var stepUp *token.StepUpError
	if errors.As(err, &stepUp) && n.holdsWithScopes(stepped) {
		if stepUp.Need != nil {
			stepped.scopes = setOf(stepUp.Need)
		}
		require.NotErrorIs(t, p.Check(stepped.token(t)), token.ErrStepUp, "%s: %v", p, err)
		require.True(t, stepUp.Need == nil || n.holds(stepped), "%s: %v: both together are enough", p, err)
	}
}

// asksForScopes tells a lack of scopes from that of a detail, which no scope
// helps.
func asksForScopes(err error) bool {
	var short *token.ScopeError
	return errors.Is(err, token.ErrScope) && !errors.Is(err, token.ErrDetail) && errors.As(err, &short)
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
		for _, gateway := range []bool{false, true} {
			if n.holds(facts{15, kind, true, true, true, true, true, marked, marked, true, gateway, false, 0}) {
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
