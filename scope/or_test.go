package scope_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

var (
	a, b, c   = scope.All("a"), scope.All("b"), scope.All("c")
	recent    = asking("recent", &token.StepUpError{MaxAge: time.Minute, ACRValues: []string{"gold"}})
	granted   = asking("granted", errors.New("not granted"))
	fits      = asking("fits", token.ErrClaim)
	up        = asking("up", fmt.Errorf("%w: database", token.ErrUnavailable))
	malformed = asking("malformed", token.ErrMalformed)
	keys      = asking("keys", token.ErrKeysUnavailable)
	hinting   = asking("hinting", &token.ScopeError{Need: []string{"d"}})
)

// A call that no alternative lets through gets one answer that is true, and the
// text names every alternative.
func TestOr(t *testing.T) {
	t.Parallel()
	user, client := facts{kind: token.SubjectUser}, facts{kind: token.SubjectClient}
	for name, row := range map[string]struct {
		policy scope.Policy
		at     facts
		want   error // nil: it passes
		need   []string
		says   string
	}{
		"the first holds":                    {a.Or(scope.User), facts{scopes: 1}, nil, nil, ""},
		"the second holds":                   {a.Or(scope.User), user, nil, nil, ""},
		"scopes would be enough":             {a.Or(scope.User), facts{kind: token.SubjectClient, scopes: 8}, token.ErrScope, []string{"a"}, `scope: insufficient scope: need a; the token has "d"; no alternative holds: "all(a)": insufficient scope; "user": access denied: subject is a client, want a user`},
		"the first that scopes help":         {a.And(scope.User).Or(b).Or(c), client, token.ErrScope, []string{"b"}, `"all(a) and user": rule "user": access denied: subject is a client, want a user; "all(b)": insufficient scope; "all(c)": insufficient scope`},
		"with what the rest needs":           {a.Or(scope.User).And(b), client, token.ErrScope, []string{"b", "a"}, ""},
		"not with what is not needed":        {a.Or(scope.User).And(b), user, token.ErrScope, []string{"b"}, ""},
		"with what must be kept":             {a.Or(b).And(scope.Any("c", "d")).And(scope.All("a", "d")), facts{scopes: 2 | 4}, token.ErrScope, []string{"b", "c", "a", "d"}, ""},
		"scopes alone come first":            {a.Or(b).And(granted), user, token.ErrScope, []string{"a"}, ""},
		"scopes wait where others deny":      {a.Or(scope.User).And(granted), client, token.ErrDenied, nil, `scope: rule "granted": access denied: not granted`},
		"scopes of two alternatives":         {a.Or(scope.User).And(b.Or(scope.User)), client, token.ErrScope, []string{"a", "b"}, `need a b; the token has no scope; no alternative holds: "all(a)": `},
		"scopes of the application":          {hinting.Or(scope.User), client, token.ErrScope, []string{"d"}, `"hinting": insufficient scope: need d`},
		"scopes help before a step-up":       {recent.Or(a), client, token.ErrScope, []string{"a"}, ""},
		"a step-up is enough":                {granted.Or(recent.And(scope.User)), user, token.ErrStepUp, nil, `"granted": access denied: not granted; "recent and user": rule "recent": insufficient user authentication: need acr gold, need authentication at most 1m0s ago`},
		"a step-up before both":              {recent.And(a).Or(recent), client, token.ErrStepUp, nil, ""},
		"both together":                      {recent.And(a).Or(granted).And(b), facts{scopes: 2}, token.ErrStepUp, []string{"b", "a"}, "need acr gold, need authentication at most 1m0s ago, need scope b a"},
		"a step-up behind alternatives":      {a.Or(scope.User).And(recent), client, token.ErrStepUp, []string{"a"}, `scope: rule "recent": insufficient user authentication`},
		"the first denial":                   {granted.Or(scope.User), facts{}, token.ErrDenied, nil, `"granted": access denied: not granted; "user": the kind of subject is unknown, want a user (see Config.Profile.Users)`},
		"an unknown subject":                 {a.And(scope.User).Or(scope.Client), facts{}, token.ErrSubjectUnknown, nil, `want a user (see Config.Profile.Users); "client": the kind of subject is unknown, want a client (see Config.Profile.Clients)`},
		"a claim that does not fit":          {fits.Or(fits.And(a)), facts{}, token.ErrClaim, nil, ""},
		"a good token is not called bad":     {fits.Or(granted), facts{}, token.ErrDenied, nil, ""},
		"out of reach, and it might do":      {a.Or(up), facts{}, token.ErrUnavailable, nil, `"up": access token cannot be judged now: database`},
		"out of reach, and it would not do":  {a.Or(up.And(scope.User)), client, token.ErrScope, []string{"a"}, ""},
		"out of reach, and scopes miss":      {up.And(a).Or(up.And(b)), facts{}, token.ErrUnavailable, nil, ""},
		"out of reach, or a bad claim":       {fits.Or(up.And(a)), facts{}, token.ErrUnavailable, nil, ""},
		"bad claims, the first":              {fits.Or(malformed), facts{}, token.ErrClaim, nil, ""},
		"bad claims, the other first":        {malformed.Or(fits), facts{}, token.ErrMalformed, nil, ""},
		"denied for good":                    {up.And(scope.User).Or(fits), client, token.ErrDenied, nil, ""},
		"out of reach twice":                 {up.And(a).Or(keys.And(a)), facts{}, token.ErrUnavailable, nil, ""},
		"out of reach twice, the other":      {keys.And(a).Or(up.And(a)), facts{}, token.ErrKeysUnavailable, nil, ""},
		"scopes for after a step-up too":     {c.And(recent.And(a).Or(granted)), facts{}, token.ErrScope, []string{"c", "a"}, ""},
		"long scopes, and all named":         {scope.All(long("a"), long("b"), long("c"), long("d")).Or(scope.User), client, token.ErrScope, []string{long("a"), long("b"), long("c"), long("d")}, `; "user": access denied: subject is a client, want a user`},
		"a zero policy on the left":          {scope.Policy{}.Or(scope.User), user, token.ErrDenied, nil, ""},
		"a zero policy on the right":         {scope.User.Or(scope.Policy{}), user, token.ErrDenied, nil, ""},
		"a zero policy in a branch":          {scope.User.Or(a.And(scope.Policy{})), user, token.ErrDenied, nil, ""},
		"many alternatives, all named":       {manyClients(10), client, token.ErrDenied, nil, `"client id(client-9xx`},
		"far too many alternatives, bounded": {manyClients(200), client, token.ErrDenied, nil, `"client id(cl...; `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.Check(row.at.token(t))
			require.ErrorIs(t, err, row.want)
			if row.want == nil {
				return
			}
			assert.Equal(t, 1, outcomes(err))
			assert.Equal(t, token.Reason(row.want), token.Reason(err))
			assert.Equal(t, row.need, needOf(err))
			assert.ErrorContains(t, err, row.says)
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
		})
	}
}

func long(name string) string { return name + strings.Repeat("x", 200) }

// needOf are the scopes that a challenge names.
func needOf(err error) []string {
	var short *token.ScopeError
	if errors.As(err, &short) {
		return short.Need
	}
	var stepUp *token.StepUpError
	if errors.As(err, &stepUp) {
		return stepUp.Need
	}
	return nil
}

func manyClients(n int) scope.Policy {
	p := scope.ClientID("client-0" + strings.Repeat("x", 50))
	for i := 1; i < n; i++ {
		p = p.Or(scope.ClientID(fmt.Sprint("client-", i, strings.Repeat("x", 50))))
	}
	return p
}

// An answer is not shared, and neither is what a rule of the application says.
func TestOrSharesNothing(t *testing.T) {
	t.Parallel()
	theirs := &token.StepUpError{Need: make([]string, 0, 4)}
	p := asking("recent", theirs).And(a).Or(granted)
	first, second := p.Check(facts{}.token(t)), p.Check(facts{}.token(t))
	needOf(first)[0] = "changed"
	assert.Equal(t, []string{"a"}, needOf(second))
	assert.Empty(t, theirs.Need)
	assert.Empty(t, theirs.Need[:1][0])
}

// An application that changes its mind within a call lets it in or does not, and
// nothing in between.
func TestOrOfAnApplicationThatChangesItsMind(t *testing.T) {
	t.Parallel()
	calls := 0
	fickle := scope.Func("fickle", func(*token.Token) error {
		if calls++; calls%2 == 1 {
			return token.ErrDenied
		}
		return nil
	})
	tok := facts{}.token(t)
	require.NoError(t, fickle.Or(granted).Check(tok))
	calls = 0
	require.ErrorIs(t, fickle.Or(granted).And(granted).Check(tok), token.ErrDenied)
	calls = 0
	require.ErrorIs(t, fickle.And(granted).Check(tok), token.ErrDenied)
	assert.Equal(t, 1, calls, "without alternatives, once")
	calls = 0
	require.ErrorIs(t, fickle.And(a).Check(tok), token.ErrScope)
	assert.Equal(t, 0, calls, "not where a scope is missing")
}

// Alternatives do not touch the policies that they are made of.
func TestOrLeavesItsOperandsAlone(t *testing.T) {
	t.Parallel()
	base := a.Or(b)
	left, right := base.Or(c), base.Or(scope.User)
	assert.Equal(t, "all(a) or all(b)", base.String())
	assert.Equal(t, "all(a) or all(b) or all(c)", left.String())
	assert.Equal(t, "all(a) or all(b) or user", right.String())
	assert.Equal(t, []string{"a", "b"}, base.Scopes())
	base.Scopes()[0] = "changed"
	assert.Equal(t, []string{"a", "b"}, base.Scopes())
}

func TestOrString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]scope.Policy{
		"refused":                                     scope.Policy{}.Or(a),
		"all(a) or user":                              a.Or(scope.User),
		"all(a) or all(b) or all(c)":                  a.Or(b.Or(c)),
		"(all(a) or user) and client id(web)":         a.Or(scope.User).And(scope.ClientID("web")),
		"all(b) and (all(a) or user)":                 a.Or(scope.User).And(b),
		"(all(a) or all(b)) and user":                 scope.User.And(a.Or(b)),
		"(all(a) and user) or client":                 a.And(scope.User).Or(scope.Client),
		"((all(a) or all(b)) and user) or client":     a.Or(b).And(scope.User).Or(scope.Client),
		"all(a) or (user and (all(b) or client))":     a.Or(scope.User.And(b.Or(scope.Client))),
		"all(a) or user or (all(b) and client id(x))": a.Or(scope.User).Or(b.And(scope.ClientID("x"))),
	} {
		assert.Equal(t, want, p.String())
	}
}

// Where one side asks for nothing, the other would never matter.
func TestOrWithNothing(t *testing.T) {
	t.Parallel()
	for _, nothing := range []scope.Policy{scope.Public, scope.Optional, scope.Authenticated, scope.Public.And(scope.Authenticated)} {
		for _, other := range []scope.Policy{a, scope.User, {}} {
			assert.ErrorIs(t, recovered(func() { nothing.Or(other) }), token.ErrConfig, "%s or %s", nothing, other)
			assert.ErrorIs(t, recovered(func() { other.Or(nothing) }), token.ErrConfig, "%s or %s", other, nothing)
		}
	}
}

func TestOrWithoutToken(t *testing.T) {
	t.Parallel()
	for _, p := range []scope.Policy{a.Or(scope.User), scope.Public.And(a).Or(b), scope.Policy{}.Or(a)} {
		assert.ErrorIs(t, p.Check(nil), token.ErrMissing, p)
		assert.ErrorIs(t, p.Check(new(token.Token)), token.ErrMissing, p)
		assert.False(t, p.IsPublic() || p.IsOptional(), p)
	}
	assert.True(t, a.Or(scope.Policy{}).IsZero())
}

func TestOrAllocatesNothing(t *testing.T) {
	tok := facts{scopes: 2, kind: token.SubjectUser}.token(t)
	denies := scope.Func("never", func(*token.Token) error { return token.ErrDenied })
	for _, p := range []scope.Policy{
		a.Or(b), scope.Client.Or(scope.User), scope.ClientID("web").Or(b), scope.Issuer("https://x.example.com").Or(b),
		denies.Or(b), a.And(scope.User).Or(scope.Client).Or(b.And(scope.User.Or(a))).And(scope.User),
	} {
		require.NoError(t, p.Check(tok), p)
		assert.Zero(t, testing.AllocsPerRun(100, func() { _ = p.Check(tok) }), p)
	}
}

// Alternatives can be met if one of them can.
func TestOrNeverMet(t *testing.T) {
	t.Parallel()
	plain, marked := judges(t)
	for name, row := range map[string]struct {
		policy scope.Policy
		auth   token.Authenticator
		says   []string // nil: it can be met
	}{
		"one of two":                  {scope.User.Or(a), plain, nil},
		"neither":                     {scope.User.Or(scope.User.And(a)), plain, []string{`rule "user or (all(a) and user)" of policy "user or (all(a) and user)"`, `no alternative is: "user": the issuer's profile`, "Config.Profile.Users"}},
		"contradictory parts":         {scope.User.And(scope.Client.Or(a.And(scope.Client))), marked, []string{"no subject is both a user and a client"}},
		"contradictory branches":      {scope.User.And(scope.Client).Or(scope.User.And(scope.Client)), marked, []string{"no alternative is", "no subject is both"}},
		"parts that agree in a way":   {scope.User.And(scope.Client.Or(scope.User)), marked, nil},
		"one of them is contradicted": {scope.Client.And(scope.User.Or(a)), marked, nil},
		"not known":                   {scope.User.Or(scope.User.And(a)), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.NeverMet(row.auth)
			if row.says == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrConfig)
			for _, text := range row.says {
				assert.ErrorContains(t, err, text)
			}
		})
	}
}

// An alternative that holds asks for nothing, wherever it stands among them.
func TestOrThatHoldsNeedsNothing(t *testing.T) {
	t.Parallel()
	for _, either := range []scope.Policy{scope.User.Or(scope.All("b")), scope.All("b").Or(scope.User)} {
		var short *token.ScopeError
		require.ErrorAs(t, either.And(scope.All("c")).Check(vouched(t, "ada")), &short)
		assert.Equal(t, []string{"c"}, short.Need)
	}
}
