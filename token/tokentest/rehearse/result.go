package rehearse

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// The errors of a service that fails a rehearsal.
var (
	// ErrAdmitted: a bad token was let in.
	ErrAdmitted = verdict.ErrAdmitted
	// ErrRefused: a good token was refused.
	ErrRefused = verdict.ErrRefused
	// ErrAnswer: the answer is not one that clients can act on.
	ErrAnswer = verdict.ErrAnswer
	// ErrSkip: Config.Skip names a scenario that does not exist.
	ErrSkip = verdict.ErrSkip
	// ErrKeyTrusted: a token was let in by a key that its issuer has withdrawn
	// or replaced, or that is too old to be used without asking the issuer.
	ErrKeyTrusted = errors.New("a key is trusted that must not be trusted any longer")
	// ErrRevoked: an opaque token was let in that its issuer had revoked longer ago
	// than the service may go by an answer.
	ErrRevoked = errors.New("a revoked token was let in for too long")
	// ErrUnasked: an opaque token was let in although the issuer could not be
	// asked about it, nor had been within the time for which an answer is good.
	ErrUnasked = errors.New("a token was let in that the issuer could not be asked about")
	// ErrBlamed: a token that could not be judged was answered like a bad one,
	// so that its client throws it away and asks for another.
	ErrBlamed = errors.New("the token was blamed for an outage of its issuer")
	// ErrRequests: the service made more requests to the issuer than it should.
	ErrRequests = errors.New("too many requests to the issuer")
	// ErrSlow: a call was not answered in time.
	ErrSlow = errors.New("no answer in time")
)

// Result is the outcome of one scenario.
type Result struct {
	// Group is "rotation", "outage" or "introspection", and Name the scenario.
	Group, Name string
	// Why says what goes wrong in production where this goes wrong.
	Why string
	// Skipped says why the scenario was not run, or is "".
	Skipped string
	// Simulated is how long the scenario took on its own clock.
	Simulated time.Duration
	// Violations are what the service did wrong, in the order in which it did
	// so for the first time.
	Violations []*Violation

	phases []*record
}

// Err is nil if there are no violations, and otherwise matches what each of
// them matches.
func (r Result) Err() error {
	errs := make([]error, len(r.Violations))
	for n, v := range r.Violations {
		errs[n] = v
	}
	return errors.Join(errs...)
}

// log fails the test for each violation, and logs what happened.
func (r Result) log(t *testing.T) {
	t.Helper()
	for _, v := range r.Violations {
		t.Errorf("%v.\nWhy this matters: %s", v, r.Why)
	}
	t.Log("\n" + r.String())
}

// Violation is one thing that a service did wrong, once or again and again
// during one phase of a scenario.
type Violation struct {
	// Scenario and Phase are the names of where it happened.
	Scenario, Phase string
	// At is when it happened first, and Until last, by the clock of the scenario,
	// which starts with it.
	At, Until time.Duration
	// Count is how many times it happened.
	Count int
	// Sent is what the service was shown, in words.
	Sent string
	// Answer is what it answered to the first, if there was an answer.
	Answer tokentest.Answer
	// Err matches one of ErrAdmitted, ErrRefused, ErrAnswer, ErrKeyTrusted,
	// ErrRevoked, ErrUnasked, ErrBlamed, ErrRequests and ErrSlow.
	Err error
}

// Unwrap returns Err.
func (v *Violation) Unwrap() error { return v.Err }

func (v *Violation) Error() string {
	text := fmt.Sprintf("%q, phase %q, %s into it: %s", v.Scenario, v.Phase, clock(v.At), v.Sent)
	if v.Answer.Status != 0 || v.Answer.Code != 0 {
		text += fmt.Sprintf(", answered %s", v.Answer)
	}
	text += ": " + v.Err.Error()
	if v.Count > 1 {
		text += fmt.Sprintf(" (%d times until %s)", v.Count, clock(v.Until))
	}
	return text
}

// is tells whether o is another case of v.
func (v *Violation) is(o *Violation) bool {
	return v.Phase == o.Phase && v.Sent == o.Sent && v.Err.Error() == o.Err.Error()
}

// clock is a time of a scenario as a stopwatch shows it, tenths of seconds only
// where there are any.
func clock(d time.Duration) string {
	text := fmt.Sprintf("%02d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	if tenths := d / (time.Second / 10) % 10; tenths != 0 {
		text += fmt.Sprintf(".%d", tenths)
	}
	return text
}
