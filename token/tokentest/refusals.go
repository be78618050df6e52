package tokentest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// RefusalConfig tells TestRefusals about the service under test. The zero
// value of each field, and a nil *RefusalConfig, fit a call that needs a good
// token and nothing else.
type RefusalConfig struct {
	// Scopes are what the call needs, all of them; the good token has just
	// these. Of scopes any one of which is enough, name one. Empty means that
	// the call needs none; then the attacks on scopes do not apply.
	Scopes []string
	// Good is what else a good token of this service has, such as an audience
	// or claims that its policy asks for.
	Good []Edit
	// Algorithms are what the service accepts. Nil means the default of
	// token.Config. Whether other algorithms are refused is tested if the
	// issuer signs with one (Options.Algorithms).
	Algorithms []string
	// Optional says that the call needs no token, as with scope.Optional. A
	// token that is presented must be good all the same.
	Optional bool
	// Skip leaves out attacks, by their name or group, with the reason why
	// the service is right to let them in. Tests log it.
	Skip map[string]string
}

// Result is what became of one attack.
type Result struct {
	Attack Attack
	// Answer is what the service answered.
	Answer Answer
	// Skipped says why the attack was not made, or is "".
	Skipped string
	// Err is nil if the service refused as it should, and otherwise matches
	// one of ErrAdmitted, ErrAnswer, ErrFetched and ErrEcho. In the result for
	// the good token it matches ErrRefused.
	Err error
}

// timeLimit is how long a service may take over one call.
const timeLimit = 10 * time.Second

// TestRefusals presents the list of Attacks to the service under test, each in
// a subtest, and fails if one gets in or is refused with another answer than
// the right one. Before and after, the good token must get in. With -v it logs
// a table of what was tried, why, and what the service answered.
//
// The service must accept tokens of the issuer, as one does whose
// token.Config comes from Issuer.Config. It is called from one goroutine. cfg
// may be nil.
func TestRefusals(t *testing.T, issuer *Issuer, target Target, cfg *RefusalConfig) {
	t.Helper()
	s := newSuite(issuer, target, cfg)
	if err := s.checkSkips(); err != nil {
		t.Fatal(err)
	}
	if r := s.tryGood(t.Context()); r.Err != nil {
		t.Fatalf("%v; its answer was %s. What does a good token of this service need? See RefusalConfig", r.Err, r.Answer)
	}
	var results []Result
	for _, a := range Attacks() {
		t.Run(a.Group+"/"+a.title(), func(t *testing.T) {
			r := s.try(t.Context(), a)
			results = append(results, r)
			r.report(t)
		})
	}
	if r := s.tryGood(t.Context()); r.Err != nil {
		t.Errorf("after the attacks %v; its answer was %s", r.Err, r.Answer)
	}
	t.Log("\n" + Report(results))
}

// Refusals does what TestRefusals does outside a test, such as for a report,
// and returns what became of each attack. The first and the last result are
// those of the good token.
func Refusals(ctx context.Context, issuer *Issuer, target Target, cfg *RefusalConfig) []Result {
	s := newSuite(issuer, target, cfg)
	if err := s.checkSkips(); err != nil {
		return []Result{{Err: err}}
	}
	results := []Result{s.tryGood(ctx)}
	for _, a := range Attacks() {
		results = append(results, s.try(ctx, a))
	}
	return append(results, s.tryGood(ctx))
}

// Report is a table of results for a reader: what was tried, what the service
// answered, and what an attacker would gain.
func Report(results []Result) string {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "VERDICT\tATTACK\tANSWER\tWHY IT IS DANGEROUS")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%s: %s\t%s\t%s\n", r.verdict(), r.Attack.Group, r.Attack.title(), r.Answer, r.Attack.Why)
	}
	_ = w.Flush()
	return b.String()
}

func (r Result) verdict() string {
	switch {
	case r.Err != nil:
		return "FAILED"
	case r.Skipped != "":
		return "skipped"
	case r.Attack.make == nil:
		return "let in"
	default:
		return "refused"
	}
}

func (r Result) report(t *testing.T) {
	t.Helper()
	if r.Skipped != "" {
		t.Skip(r.Skipped)
	}
	if r.Err != nil {
		t.Errorf("%s: %v.\nWhy this is dangerous: %s", r.Attack.Name, r.Err, r.Attack.Why)
	}
}

// title is the name of the attack after that of its row.
func (a Attack) title() string {
	if a.Row == "" {
		return a.Name
	}
	return "C_" + a.Row + " " + a.Name
}

// forge is the workshop of attacks on one service.
type forge struct {
	issuer *Issuer
	cfg    RefusalConfig
}

// token is a good token of the service with edits.
func (f *forge) token(edits ...Edit) string {
	return f.issuer.Token(Scope(f.cfg.Scopes...), Edits(f.cfg.Good...), Edits(edits...))
}

// bearer presents such a token as clients do.
func (f *forge) bearer(edits ...Edit) Credentials {
	return authorization("Bearer " + f.token(edits...))
}

func authorization(fields ...string) Credentials { return Credentials{Authorization: fields} }

type suite struct {
	forge  *forge
	target Target
}

func newSuite(issuer *Issuer, target Target, cfg *RefusalConfig) *suite {
	s := &suite{forge: &forge{issuer: issuer}, target: target}
	if cfg != nil {
		s.forge.cfg = *cfg
	}
	return s
}

// checkSkips finds names in Skip that no attack has: such an entry would look
// like a decision and mean nothing.
func (s *suite) checkSkips() error {
	for name := range s.forge.cfg.Skip {
		if !slices.ContainsFunc(Attacks(), func(a Attack) bool { return a.Name == name || a.Group == name }) {
			return fmt.Errorf("%w: %q", ErrSkip, name)
		}
	}
	return nil
}

func (s *suite) tryGood(ctx context.Context) Result {
	r := Result{Attack: Attack{Group: "control", Name: "the good token", Why: "a service that refuses everything proves nothing"}}
	r.Answer, r.Err = s.call(ctx, s.forge.bearer())
	if r.Err == nil && !r.Answer.Admitted {
		r.Err = fmt.Errorf("%w: %s, challenge %q", ErrRefused, r.Answer, r.Answer.Challenge)
	}
	return r
}

func (s *suite) try(ctx context.Context, a Attack) Result {
	r := Result{Attack: a, Skipped: s.skips(a)}
	if r.Skipped != "" {
		return r
	}
	c := a.make(s.forge)
	fetched := s.trapped(a)
	if r.Answer, r.Err = s.call(ctx, c); r.Err != nil {
		return r
	}
	if r.Answer.Unsent {
		r.Skipped = "the transport cannot carry these credentials"
		return r
	}
	r.Err = s.judge(a, c, r.Answer, s.trapped(a)-fetched)
	return r
}

func (s *suite) judge(a Attack, c Credentials, answer Answer, fetched int) error {
	if err := a.Want.judge(answer); err != nil {
		return err
	}
	if fetched > 0 {
		return ErrFetched
	}
	if c.repeatedIn(answer.Challenge) {
		return ErrEcho
	}
	return nil
}

func (s *suite) skips(a Attack) string {
	for _, name := range []string{a.Name, a.Group} {
		if reason, ok := s.forge.cfg.Skip[name]; ok {
			return or(reason, "skipped without a reason")
		}
	}
	if a.applies != nil && !a.applies(s.forge) {
		return "does not apply to this issuer and service"
	}
	return ""
}

// call makes one call. A service that panics over an attack has failed: a
// server would drop the connection, and others with it.
func (s *suite) call(ctx context.Context, c Credentials) (answer Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the service panicked: %v", ErrAnswer, p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	return s.target(ctx, c), nil
}

func (s *suite) trapped(a Attack) int {
	if a.trap == "" {
		return 0
	}
	return s.forge.issuer.Requests(s.forge.issuer.elsewhereURL(a.trap))
}

// repeatedIn tells whether a challenge has a part of the credentials in it
// that is long enough to be no accident.
func (c Credentials) repeatedIn(challenges []string) bool {
	const long = 16
	for _, field := range c.Authorization {
		_, raw, _ := strings.Cut(field, " ")
		for part := range strings.SplitSeq(raw, ".") {
			if len(part) >= long && strings.Contains(strings.Join(challenges, "\n"), part) {
				return true
			}
		}
	}
	return false
}
