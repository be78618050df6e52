package scope

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// ACR asks for a good token whose user authenticated in one of these ways: its acr
// claim is one of the values, compared byte for byte. No value stands for
// another: a service whose levels have an order says so with ACRBy.
//
// Any other token is refused with a token.StepUpError: the challenge names the
// values, so list them in order of preference (RFC 9470 §3). It names what the
// other step-up rules of the policy ask for as well, since one authentication has
// to satisfy all, and scopes only if those are short too. Step-up rules are checked
// before scopes. A client that acts on its own behalf is denied with
// token.ErrDenied, whatever its claims say: no user is there to authenticate.
//
// ACR panics, with an error that matches token.ErrConfig, if it gets no value or
// one that a challenge cannot name, such as an empty one or one with a space: it is
// for literals.
func ACR(values ...string) Policy {
	values = acrLiterals(values)
	return acrRule("acr("+words(values)+")", &login{acr: values, exact: true, enough: func(acr string) bool {
		return slices.Contains(values, acr)
	}})
}

// ACRBy is ACR for a service that knows which values are as good as others, such
// as one with levels. enough reports whether an acr is good enough. It is not asked
// about a token without acr. The challenge names values, each of which must be
// enough. name stands for the rule in errors and in String.
//
// enough must say the same of an acr each time. NeverMet, ParsePolicy and NewTable
// ask it too, about the values that other rules of the policy name.
// enough may be called concurrently and should not block. A panic of it surfaces
// in the goroutine of the call and lets no call through. ACRBy panics like ACR, and
// if name is empty, enough is nil, or one of the values is not enough.
func ACRBy(name string, enough func(acr string) bool, values ...string) Policy {
	mustHave(name, enough != nil)
	values = acrLiterals(values)
	for _, v := range values {
		if !enough(v) {
			panic(fmt.Errorf("scope: %w: rule %q names acr %q, which is not enough for it", token.ErrConfig, name, v))
		}
	}
	p := acrRule(name, &login{acr: values, enough: enough})
	p.rules[0].foreign = true
	return p
}

// MaxAge asks for a good token whose user authenticated at most d ago, by its
// auth_time claim and by the clock and the leeway of its Verifier. iat does not
// count: a new token may come from an old login. A token without auth_time, or
// with one in the future, is refused. The age is measured at every call, also for a
// token that is remembered. A stream that has begun goes on as its user's login
// gets older; see token.Token.AuthenticatedWithin for a check within it.
//
// Refusals, and clients that act on their own behalf, are as with ACR. MaxAge
// panics, with an error that matches token.ErrConfig, if d is not a positive number
// of whole seconds.
func MaxAge(d time.Duration) Policy {
	if d <= 0 || d%time.Second != 0 {
		panic(fmt.Errorf("scope: %w: max age is %s, want a positive number of whole seconds", token.ErrConfig, d))
	}
	return stepUpRule("max age("+d.String()+")", &login{maxAge: d}, func(t *token.Token) bool { return t.AuthenticatedWithin(d) })
}

// login is what a step-up rule asks of the authentication of a user. It is about
// acr or about the age.
type login struct {
	acr    []string              // named by challenges
	enough func(acr string) bool // nil: any acr
	exact  bool                  // nothing but acr is enough
	maxAge time.Duration         // 0: any
}

func (l *login) accepts(acr string) bool { return l.enough == nil || l.enough(acr) }

// implies reports whether m accepts every login that l does, as far as that can be
// known.
func (l *login) implies(m *login) bool {
	switch {
	case l.maxAge != 0:
		return m.maxAge >= l.maxAge
	case m.maxAge != 0 || !l.exact:
		return false
	default:
		return !slices.ContainsFunc(l.acr, func(acr string) bool { return !m.accepts(acr) })
	}
}

func acrLiterals(values []string) []string {
	values = literals("acr", values)
	for _, v := range values {
		if !Valid(v) {
			panic(fmt.Errorf("scope: %w: a challenge cannot name acr %q", token.ErrConfig, v))
		}
	}
	return values
}

func acrRule(name string, l *login) Policy {
	return stepUpRule(name, l, func(t *token.Token) bool { return t.ACR() != "" && l.enough(t.ACR()) })
}

// stepUpRule is the policy of one step-up rule.
func stepUpRule(name string, l *login, good func(*token.Token) bool) Policy {
	machine := &refusal{rule: name, why: token.ErrDenied, detail: ": subject is a client, which cannot authenticate as a user does"}
	return Policy{access: required, rules: []rule{{stage: stageStepUp, name: name, login: l, check: func(c call) error {
		switch {
		case c.token.SubjectKind() == token.SubjectClient:
			return machine
		case !good(c.token):
			return token.ErrStepUp
		default:
			return nil
		}
	}}}}
}

// seen describes the authentication of a user that is not as wanted, for operators.
// The age is that of now.
func (l *login) seen(t *token.Token) func(*token.Token) string {
	if l.maxAge == 0 {
		return l.seenACR
	}
	age, known := t.AuthenticationAge()
	return func(t *token.Token) string { return l.seenAge(t, age, known) }
}

const notIssued = " (the issuer must put it into access tokens, RFC 9470 section 6)"

func (l *login) seenACR(t *token.Token) string {
	want := ", want " + wantedOf("one", l.acr)
	if !l.exact {
		want = ", want one like " + wantedOf("one", l.acr)
	}
	if t.ACR() == "" {
		return ": " + unread(t, "acr", "string") + want + notIssued
	}
	return ": acr is " + quoted(t.ACR()) + want
}

func (l *login) seenAge(t *token.Token, age time.Duration, known bool) string {
	want := ", want at most " + l.maxAge.String() + " ago"
	at := ": auth_time is " + t.AuthTime().Format(time.RFC3339)
	switch {
	case !known:
		return ": " + unread(t, "auth_time", "number of seconds since 1970") + want + notIssued
	case age < 0:
		return at + " (" + (-age).Round(time.Second).String() + " ahead)" + want + " (leeway: Config.Leeway)"
	default:
		return at + " (" + age.Round(time.Second).String() + " ago)" + want + " (leeway: Config.Leeway)"
	}
}

// unread describes a claim that counts as absent, since it is no such thing. A text
// of digits and a number must not look alike.
func unread(t *token.Token, claim, thing string) string {
	claims, _ := token.ClaimsOf[map[string]json.RawMessage](t)
	raw, ok := claims[claim]
	if !ok {
		return "the token has no " + claim
	}
	text := claim + " is " + jsonSeen(string(raw))
	if thing == "string" && raw[0] == '"' { // an empty one
		return text
	}
	return text + ", which is no " + thing
}

// jsonSeen is a JSON value as it was received: only a text has quotes around it.
func jsonSeen(raw string) string {
	seen := printable.Value(raw)
	if strings.ContainsRune(`"[{`, rune(raw[0])) {
		return seen
	}
	return strings.ReplaceAll(seen, `"`, "")
}
