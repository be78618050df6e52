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
	f.Add([]byte{1, 4, 11, 0, 0}, uint32(2), uint8(8)) // any(c, d) and all(a), of a token with b, which implies c
	for n := range 1000 {
		seed := make([]byte, 2+random.IntN(40))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		larger := uint8(0)
		if n >= 600 {
			larger = uint8(random.Uint32())
		}
		f.Add(seed, random.Uint32(), larger)
	}
	plain, marked := judges(f)
	f.Fuzz(func(t *testing.T, bytes []byte, bits uint32, larger uint8) {
		kinds := math.MaxInt
		if larger>>7 == 1 { // what scopes imply shows best without other rules
			kinds = 2
		}
		n := (&reader{bytes, kinds}).tree(5)
		p := n.policy()
		for _, at := range near(bits) {
			at.larger = larger
			err := p.Check(at.token(t))
			require.Equal(t, n.holds(at), err == nil, "%s: %v, %+v", p, err, at)
			if err != nil {
				require.Equal(t, 1, outcomes(err), "%s: %v", p, err)
				require.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, "%s: %v", p, err)
				tellsTheTruth(t, n, at, err)
			}
		}
		require.Equal(t, n.boundOnly(), p.IsBoundOnly(), p)
		readsBack(t, n)
		require.Equal(t, canBeMet(n, false), p.NeverMet(plain) == nil, "%s: %v", p, p.NeverMet(plain))
		require.Equal(t, canBeMet(n, true), p.NeverMet(marked) == nil, "%s: %v", p, p.NeverMet(marked))
	})
}

// near are the facts of a number, and some in which more rules hold.
func near(bits uint32) []facts {
	at := factsOf(bits)
	up, app, plain, recent := at, at, at, at
	up.up = true
	app.up, app.granted, app.fits = true, true, true
	plain.details, plain.actor = noDetail, noActor
	recent.kind, recent.login = token.SubjectUser, login{"hi", 0}
	return []facts{at, up, app, plain, recent}
}

func tellsTheTruth(t *testing.T, n tree, at facts, err error) {
	t.Helper()
	p := n.policy()
	up, early := at, n.early()
	up.up = true
	switch {
	case n.bindsFirst() && !at.bound:
		require.ErrorIs(t, err, token.ErrBinding, "%s: %+v: the token is not bound", p, at)
	case n.holds(up):
		require.ErrorIs(t, err, token.ErrUnavailable, "%s: %+v: nothing else is missing", p, at)
	case early.holdsWithScopes(at) && !early.holds(at), early.holds(at) && n.holdsWithScopes(at):
		require.True(t, asksForScopes(err), "%s: %+v: scopes alone are missing, or before others: %v", p, at, err)
	case early.holdsAfterStepUp(at) && !early.holds(at), early.holds(at) && n.holdsAfterStepUp(at):
		require.ErrorIs(t, err, token.ErrStepUp, "%s: %+v: a step-up is missing, or before others", p, at)
	case !early.holds(at):
		unbound := errors.Is(err, token.ErrBinding) && early.boundOnly() && !at.bound
		require.True(t, unbound || errors.Is(err, token.ErrDenied), "%s: %v, %+v: nothing helps", p, err, at)
	default:
		require.False(t, asksForScopes(err), "%s: %+v: no scope helps: %v", p, at, err)
		require.False(t, errors.Is(err, token.ErrStepUp) && !n.lacksPlainRecent(at), "%s: %+v: no step-up helps", p, at)
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
	if errors.As(err, &stepUp) && n.holdsAfterStepUp(at) {
		require.Subset(t, p.Scopes(), stepUp.Need, "%s: %v: the challenge speaks of the policy's scopes alone", p, err)
		for _, stepped := range at.after(stepUp) {
			require.NoError(t, p.Check(stepped.token(t)), "%s: %v: what is named is enough", p, err)
		}
	}
}

// asksForScopes tells a lack of scopes from that of a detail, which no scope
// helps.
func asksForScopes(err error) bool {
	var short *token.ScopeError
	return errors.Is(err, token.ErrScope) && !errors.Is(err, token.ErrDetail) && errors.As(err, &short)
}

// canBeMet tries every combination of the facts that a policy can contradict, or
// that the issuer's profile may not tell.
func canBeMet(n tree, marked bool) bool {
	kinds := []token.SubjectKind{token.SubjectUnknown, token.SubjectClient}
	if marked {
		kinds = append(kinds, token.SubjectUser)
	}
	at := facts{scopes: 15, web: true, recent: true, granted: true, fits: true, up: true, admin: marked, group: marked, bound: marked, details: inOne}
	for _, at.kind = range kinds {
		for at.actor = range actors {
			for _, at.login.acr = range acrs {
				if n.holds(at) {
					return true
				}
			}
		}
	}
	return false
}

// judges are Authenticators that cannot tell users, have no sets of rights and
// check no binding, and that can and do.
func judges(tb testing.TB) (plain, marked token.Authenticator) {
	tb.Helper()
	cfg := tokentest.NewIssuer(tb, nil).Config()
	cfg.Profile.Sets = map[string][]token.Source{"roles": {{Claim: "roles"}}, "groups": {{Claim: "groups"}}}
	cfg.Confirmations = []token.ConfirmationChecker{possession{}}
	marked, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	cfg.Profile, cfg.Confirmations = token.Profile{}, nil
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
