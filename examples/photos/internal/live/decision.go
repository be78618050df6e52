package live

import (
	"strings"
	"time"
	"unicode"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Decision is what a service has decided about a call, in words. It has no token
// in it.
type Decision struct {
	Number  uint64 // from 1 on, by the Board
	Time    time.Time
	Service string
	Call    string // the route, or the full name of the method
	Caller  string // of whom the verified token speaks
	Reason  string // token.Reason, or "" if the call was allowed
	Why     string // of a refusal: what was seen, and what was wanted
	// Remembered is whether the signature had been verified at an earlier call.
	Remembered bool
	Checks     []Check // those of the token, then the policy
}

// Allowed reports whether the call went through.
func (d Decision) Allowed() bool { return d.Reason == "" }

// State is what came of a check.
type State string

// What can come of a check.
const (
	Passed  State = "passed"
	Failed  State = "failed"
	NotMade State = "notmade" // an earlier one failed
)

// Check is one check of a call.
type Check struct {
	Name  string
	State State
	Why   string // of a failed one
}

// newDecision puts a decision of a guard and the findings about its token into
// words.
func newDecision(service string, d scope.Decision, findings []token.Finding) Decision {
	said := Decision{
		Time: time.Now(), Service: service, Call: short(d.Route), Caller: short(Caller(d.Token)), Remembered: d.Remembered,
	}
	if d.Err != nil {
		said.Reason, said.Why = token.Reason(d.Err), why(d.Err)
	}
	if d.Err != nil && len(findings) == 0 { // the guard found nothing to ask the Verifier about
		said.Checks = append(said.Checks, Check{Name: "credentials", State: Failed, Why: said.Why})
	}
	for _, f := range findings {
		said.Checks = append(said.Checks, newCheck(f))
	}
	said.Checks = append(said.Checks, policyCheck(d))
	return said
}

func newCheck(f token.Finding) Check {
	switch {
	case f.Skipped:
		return Check{Name: f.Check, State: NotMade}
	case f.Err != nil:
		return Check{Name: f.Check, State: Failed, Why: why(f.Err)}
	default:
		return Check{Name: f.Check, State: Passed}
	}
}

// policyCheck is the last check: whether a good token is good enough. Nothing is
// held against the policy if there is none.
func policyCheck(d scope.Decision) Check {
	c := Check{Name: "policy " + short(d.Policy.String()), State: Passed}
	switch {
	case d.Err != nil && d.Token == nil:
		c.State = NotMade
	case d.Err != nil:
		c.State, c.Why = Failed, why(d.Err)
	}
	return c
}

// Caller says of whom a verified token speaks.
func Caller(t *token.Token) string {
	switch {
	case t == nil:
		return ""
	case t.SubjectKind() == token.SubjectClient:
		return t.ClientID() + " for itself"
	default:
		return t.ClientID() + " for " + t.Subject()
	}
}

func why(err error) string { return short(strings.TrimPrefix(err.Error(), "token: ")) }

// mostRunes bounds each text that is kept.
const mostRunes = 600

// short is text on one line, without anything that could move a cursor.
func short(text string) string {
	runes := []rune(text)
	if len(runes) > mostRunes {
		runes = append(runes[:mostRunes], '…')
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, string(runes))
}
