package scope_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// atNoon is a token of alice's with more claims, seen at noon.
func atNoon(tb testing.TB, kind token.SubjectKind, claims map[string]any, scopes ...string) *token.Token {
	tb.Helper()
	text, err := json.Marshal(claims)
	require.NoError(tb, err)
	t, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: noon.Add(time.Hour),
		Subject: "alice", SubjectKind: kind, ClientID: "app", Scopes: scopes, IssuedAt: noon, JSON: text,
		Time: func() time.Time { return noon },
	})
	require.NoError(tb, err)
	return t
}

type said = map[string]any

// ago is an auth_time before noon.
func ago(d time.Duration) int64 { return noon.Add(-d).Unix() }

// level is the order of the acr values of a service.
func level(acr string) int { return strings.Index("loa0 loa1 loa2 loa3", acr) / 5 }

func atLeast2(acr string) bool { return level(acr) >= 2 }

// Step-up rules by themselves: what they accept, and what operators read of what
// they do not.
func TestStepUpRules(t *testing.T) {
	t.Parallel()
	gold, levels, recent := scope.ACR("loa2", "loa1"), scope.ACRBy("at least loa2", atLeast2, "loa2"), scope.MaxAge(5*time.Minute)
	const (
		notEnough = ": insufficient user authentication: "
		oneOf     = `, want one of [loa2, loa1]`
		atMost    = ", want at most 5m0s ago"
		notIssued = " (the issuer must put it into access tokens, RFC 9470 section 6)"
	)
	for name, row := range map[string]struct {
		policy scope.Policy
		claims said
		says   string // "": it passes
	}{
		"C_9470-6-1 the first value":        {gold, said{"acr": "loa2"}, ""},
		"C_9470-6-1 the other value":        {gold, said{"acr": "loa1"}, ""},
		"C_9470-6-1 a higher value":         {gold, said{"acr": "loa3"}, `scope: rule "acr(loa2, loa1)"` + notEnough + `acr is "loa3"` + oneOf + "; need acr loa2 or loa1"},
		"C_9470-6-1 another case":           {gold, said{"acr": "LOA2"}, `acr is "LOA2"` + oneOf},
		"C_9470-6-1 a beginning":            {gold, said{"acr": "loa"}, `acr is "loa"` + oneOf},
		"C_9470-6-1 both values in one":     {gold, said{"acr": "loa2 loa1"}, `acr is "loa2 loa1"` + oneOf},
		"C_9470-6-1 with a comparator":      {levels, said{"acr": "loa3"}, ""},
		"C_9470-6-1 less by the comparator": {levels, said{"acr": "loa1"}, `scope: rule "at least loa2"` + notEnough + `acr is "loa1", want one like "loa2"`},
		"C_9470-6-2 no acr":                 {gold, said{}, "the token has no acr" + oneOf},
		"C_9470-6-2 an empty acr":           {gold, said{"acr": ""}, `acr is ""` + oneOf},
		"C_9470-6-2 acr in an array":        {gold, said{"acr": []string{"loa2"}}, `acr is ["loa2"], which is no string` + oneOf},
		"C_9470-6-2 acr is a number":        {gold, said{"acr": 2}, `acr is 2, which is no string` + oneOf},
		"C_9470-6-2 no acr to compare":      {scope.ACRBy("any", func(string) bool { return true }, "loa1"), said{}, "the token has no acr"},
		"C_9470-6-2 a recent login":         {recent, said{"auth_time": ago(5 * time.Minute)}, ""},
		"C_9470-6-2 within the leeway":      {recent, said{"auth_time": ago(5*time.Minute + 30*time.Second)}, ""},
		"C_9470-6-2 beyond the leeway":      {recent, said{"auth_time": ago(5*time.Minute + 31*time.Second)}, `scope: rule "max age(5m0s)"` + notEnough + "auth_time is 2026-08-01T11:54:29Z (5m31s ago)" + atMost + " (leeway: Config.Leeway); need authentication at most 5m0s ago"},
		"C_9470-6-2 an old login, new iat":  {recent, said{"auth_time": ago(4000 * time.Second), "iat": ago(0)}, "auth_time is 2026-08-01T10:53:20Z (1h6m40s ago)" + atMost},
		"C_9470-6-2 a login to come":        {recent, said{"auth_time": ago(-time.Minute)}, "auth_time is 2026-08-01T12:01:00Z (1m0s ahead)" + atMost},
		"C_9470-6-2 to come, in the leeway": {recent, said{"auth_time": ago(-30 * time.Second)}, ""},
		"C_9470-6-2 no auth_time":           {recent, said{"iat": ago(0)}, "the token has no auth_time" + atMost + notIssued},
		"C_9470-6-2 auth_time in text":      {recent, said{"auth_time": "1785585600"}, `auth_time is "1785585600", which is no number of seconds since 1970` + atMost},
		"C_9470-6-2 in milliseconds":        {recent, said{"auth_time": ago(0) * 1000}, `auth_time is 1785585600000, which is no number of seconds since 1970` + atMost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []token.SubjectKind{token.SubjectUser, token.SubjectUnknown} {
				err := row.policy.Check(atNoon(t, kind, row.claims))
				if row.says == "" {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, token.ErrStepUp)
				assert.Equal(t, 1, outcomes(err))
				assert.ErrorContains(t, err, row.says)
				assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
			}
			err := row.policy.Check(atNoon(t, token.SubjectClient, row.claims))
			require.ErrorIs(t, err, token.ErrDenied, "C_9470-6-3")
			assert.Equal(t, 1, outcomes(err))
			assert.ErrorContains(t, err, ": access denied: subject is a client, which cannot authenticate as a user does")
		})
	}
}

// One challenge asks for all that a policy wants of a login, and for scopes if those
// are short.
func TestStepUpAsksForEverything(t *testing.T) {
	t.Parallel()
	hi, mid, recent, latest := scope.ACR("hi"), scope.ACR("mid", "hi"), scope.MaxAge(5*time.Minute), scope.MaxAge(time.Minute)
	orders := scope.ACRBy("at least mid", func(acr string) bool { return acr == "mid" || acr == "hi" || acr == "top" }, "top", "mid")
	asksMore := scope.Func("asks more", func(*token.Token) error {
		return &token.StepUpError{ACRValues: []string{"lo", "hi"}, MaxAge: 2 * time.Minute}
	})
	by := func(name, acr string) scope.Policy {
		return scope.ACRBy(name, func(acr string) bool { return "not "+acr != name }, acr)
	}
	old, fresh := ago(time.Hour), ago(0)
	user, client := token.SubjectUser, token.SubjectClient
	type asked = token.StepUpError
	for name, row := range map[string]struct {
		policy scope.Policy
		kind   token.SubjectKind
		claims said
		want   *asked // nil: denied
	}{
		"acr alone":                        {mid, user, said{"auth_time": old}, &asked{ACRValues: []string{"mid", "hi"}}},
		"both, acr is short":               {mid.And(recent), user, said{"auth_time": fresh}, &asked{ACRValues: []string{"mid", "hi"}, MaxAge: 5 * time.Minute}},
		"both, the age is short":           {mid.And(recent), user, said{"acr": "mid", "auth_time": old}, &asked{ACRValues: []string{"mid", "hi"}, MaxAge: 5 * time.Minute}},
		"C_9470-3-3 and scopes":            {scope.All("b", "a").And(recent).And(mid), user, said{}, &asked{ACRValues: []string{"mid", "hi"}, MaxAge: 5 * time.Minute, Need: []string{"b", "a"}}},
		"scopes that are not short":        {scope.All("a").And(recent), user, said{}, &asked{MaxAge: 5 * time.Minute}},
		"two ages":                         {recent.And(latest), user, said{"auth_time": ago(2 * time.Minute)}, &asked{MaxAge: time.Minute}},
		"two ages, the other order":        {latest.And(recent), user, said{}, &asked{MaxAge: time.Minute}},
		"two lists":                        {mid.And(scope.ACR("lo", "hi", "mid")), user, said{}, &asked{ACRValues: []string{"mid", "hi"}}},
		"two lists, one of them holds":     {mid.And(hi), user, said{"acr": "mid"}, &asked{ACRValues: []string{"hi"}}},
		"a list and an order":              {mid.And(orders), user, said{}, &asked{ACRValues: []string{"mid", "hi"}}},
		"an order and a list":              {orders.And(mid), user, said{}, &asked{ACRValues: []string{"mid", "hi"}}},
		"lists that contradict":            {mid.And(scope.ACR("lo")), user, said{"acr": "mid"}, nil},
		"contradicting in an alternative":  {mid.And(scope.ACR("lo")).Or(scope.ACR("hi")), user, said{"acr": "mid"}, &asked{ACRValues: []string{"hi"}}},
		"one of two":                       {hi.Or(recent), user, said{"auth_time": old}, &asked{ACRValues: []string{"hi"}}},
		"one of two that goes on":          {hi.Or(recent).And(latest), user, said{"acr": "hi", "auth_time": old}, &asked{ACRValues: []string{"hi"}, MaxAge: time.Minute}},
		"the second fits the rest":         {scope.ACR("lo").Or(recent).And(hi), user, said{"acr": "lo"}, &asked{ACRValues: []string{"hi"}, MaxAge: 5 * time.Minute}},
		"with what alternatives need":      {recent.And(hi.And(scope.User).Or(scope.Client)), user, said{}, &asked{ACRValues: []string{"hi"}, MaxAge: 5 * time.Minute}},
		"and what fits them":               {mid.And(hi.And(scope.User).Or(scope.Client)), user, said{"acr": "lo"}, &asked{ACRValues: []string{"hi"}}},
		"and their scopes":                 {recent.And(scope.All("b").And(scope.User).Or(scope.Client)), user, said{}, &asked{MaxAge: 5 * time.Minute, Need: []string{"b"}}},
		"before the application's rules":   {granted.And(recent), user, said{}, &asked{MaxAge: 5 * time.Minute}},
		"with what the application asks":   {mid.And(recent).And(asksMore), user, said{"acr": "mid", "auth_time": fresh}, &asked{ACRValues: []string{"hi"}, MaxAge: 2 * time.Minute}},
		"the rule rather than contradict":  {scope.ACR("top").And(asksMore), user, said{"acr": "top"}, &asked{ACRValues: []string{"top"}, MaxAge: 2 * time.Minute}},
		"an acr of another alternative":    {by("not lo", "mid").And(by("not mid", "lo")).Or(hi.And(scope.All("b"))), user, said{}, &asked{ACRValues: []string{"hi"}}},
		"C_9470-6-3 a machine":             {mid.And(recent), client, said{"acr": "mid", "auth_time": fresh}, nil},
		"C_9470-6-3 a machine and scopes":  {scope.All("b").And(recent), client, said{}, nil},
		"C_9470-6-3 all alternatives":      {hi.Or(recent), client, said{}, nil},
		"C_9470-6-3 in an alternative too": {scope.All("b").And(recent).Or(granted), client, said{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.Check(atNoon(t, row.kind, row.claims, "a"))
			if name == "scopes that are not short" || row.want != nil && row.want.Need == nil {
				require.NotErrorIs(t, err, token.ErrScope)
			}
			assert.Equal(t, 1, outcomes(err))
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
			var got *token.StepUpError
			if row.want == nil {
				require.ErrorIs(t, err, token.ErrDenied)
				require.False(t, errors.As(err, &got), err)
				return
			}
			require.ErrorAs(t, err, &got)
			bare := *got
			bare.Token = nil
			assert.Equal(t, row.want, &bare)
			assert.Equal(t, row.want.Need != nil, got.Token != nil, "the token whose scopes are short")
		})
	}
}

// A machine gets in by the alternatives that are not about logins.
func TestStepUpOrClient(t *testing.T) {
	t.Parallel()
	p := scope.MaxAge(time.Minute).Or(scope.Client).And(scope.All("b").Or(scope.ACR("hi")))
	require.NoError(t, p.Check(atNoon(t, token.SubjectClient, said{}, "b")))
	var short *token.ScopeError
	require.ErrorAs(t, p.Check(atNoon(t, token.SubjectClient, said{})), &short)
	assert.Equal(t, []string{"b"}, short.Need)
	require.NoError(t, p.Check(atNoon(t, token.SubjectUser, said{"acr": "hi", "auth_time": ago(0)})))
}

// A rule whose clock goes on between two looks lets no rule be skipped.
func TestStepUpWhileTheClockGoesOn(t *testing.T) {
	t.Parallel()
	now, step := noon, time.Duration(0)
	tok, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: noon.Add(time.Hour), Subject: "alice",
		JSON: []byte(`{"auth_time":1785585632}`), Time: func() time.Time { now = now.Add(step); return now },
	})
	require.NoError(t, err)
	step = time.Second // the login is 31 seconds ahead, more than the leeway, and then 30
	err = scope.MaxAge(time.Minute).And(scope.User).Check(tok)
	require.ErrorIs(t, err, token.ErrSubjectUnknown)
}

func TestStepUpLiterals(t *testing.T) {
	t.Parallel()
	always := func(string) bool { return true }
	for name, build := range map[string]func(){
		"no acr":                func() { scope.ACR() },
		"an empty acr":          func() { scope.ACR("a", "") },
		"an acr with a space":   func() { scope.ACR("a b") },
		"an acr with a quote":   func() { scope.ACR(`a"b`) },
		"with a backslash":      func() { scope.ACR(`a\b`) },
		"not ASCII":             func() { scope.ACR("ä") },
		"a line break":          func() { scope.ACR("a\r\n") },
		"by, without a value":   func() { scope.ACRBy("x", always) },
		"by, without a name":    func() { scope.ACRBy("", always, "a") },
		"by, without code":      func() { scope.ACRBy("x", nil, "a") },
		"by, with a bad value":  func() { scope.ACRBy("x", always, "a b") },
		"by, that is not good":  func() { scope.ACRBy("x", atLeast2, "loa2", "loa1") },
		"no age":                func() { scope.MaxAge(0) },
		"an age below zero":     func() { scope.MaxAge(-time.Second) },
		"a fraction of seconds": func() { scope.MaxAge(1500 * time.Millisecond) },
	} {
		assert.ErrorIs(t, recovered(build), token.ErrConfig, name)
	}
}

func TestStepUpString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]scope.Policy{
		"acr(loa2, loa1)":      scope.ACR("loa2", "loa1", "loa2"),
		`acr("a,b", http://x)`: scope.ACR("a,b", "http://x"),
		"max age(5m0s)":        scope.MaxAge(5 * time.Minute),
		"at least loa2":        scope.ACRBy("at least loa2", atLeast2, "loa2"),
		`"acr(loa2)"`:          scope.ACRBy("acr(loa2)", atLeast2, "loa2"),
		"acr(a) and max age(1m0s) and all(b) and user":   scope.User.And(scope.All("b")).And(scope.ACR("a")).And(scope.MaxAge(time.Minute)),
		"(acr(a) or max age(1m0s)) and (user or all(b))": scope.User.Or(scope.All("b")).And(scope.ACR("a").Or(scope.MaxAge(time.Minute))),
	} {
		assert.Equal(t, want, p.String())
	}
}

func TestStepUpNeverMet(t *testing.T) {
	t.Parallel()
	_, marked := judges(t)
	mid, lo := scope.ACR("mid", "hi"), scope.ACR("lo")
	for name, row := range map[string]struct {
		policy scope.Policy
		says   string // "": it can be met
	}{
		"a user":                       {mid.And(scope.User), ""},
		"a machine":                    {scope.MaxAge(time.Minute).And(scope.Client), "no subject is both a user and a client; step-up rules are about users"},
		"a machine in one alternative": {mid.And(scope.Client).Or(scope.All("a")), ""},
		"a machine in both":            {mid.And(scope.Client).Or(scope.MaxAge(time.Minute).And(scope.Client)), "no alternative is"},
		"lists that agree":             {mid.And(scope.ACR("lo", "hi")), ""},
		"lists that contradict":        {mid.And(lo), "no acr is enough for all of its rules"},
		"contradicting alternatives":   {mid.And(lo.Or(scope.Client)), "no acr is enough for all of its rules"},
		"an alternative that agrees":   {mid.And(lo.Or(scope.All("a"))), ""},
		"an order that contradicts":    {lo.And(scope.ACRBy("never lo", func(acr string) bool { return acr != "lo" }, "x")), "no acr is enough"},
		"orders that nobody knows":     {scope.ACRBy("a", func(acr string) bool { return acr == "a" }, "a").And(scope.ACRBy("b", func(acr string) bool { return acr == "b" }, "b")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.NeverMet(marked)
			if row.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrConfig)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

func TestStepUpAllocatesNothing(t *testing.T) {
	tok := atNoon(t, token.SubjectUser, said{"acr": "loa2", "auth_time": ago(time.Minute)}, "a")
	for _, p := range []scope.Policy{
		scope.ACR("loa1", "loa2").And(scope.MaxAge(time.Hour)).And(scope.All("a")),
		scope.ACRBy("order", atLeast2, "loa2").And(scope.ACR("x").Or(scope.MaxAge(time.Hour))),
	} {
		require.NoError(t, p.Check(tok), p)
		assert.Zero(t, testing.AllocsPerRun(100, func() { _ = p.Check(tok) }), p)
	}
}
