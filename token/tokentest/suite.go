package tokentest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// timeLimit is how long a service may take over one call.
const timeLimit = 10 * time.Second

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
	r.Answer, r.Err = s.admit(ctx, s.forge.bearer())
	return r
}

// admit makes a call that must be let in.
func (s *suite) admit(ctx context.Context, c Credentials) (Answer, error) {
	answer, err := s.call(ctx, c)
	if err == nil && !answer.Admitted {
		err = fmt.Errorf("%w: %s, challenge %q", ErrRefused, answer, answer.Challenge)
	}
	return answer, err
}

func (s *suite) try(ctx context.Context, a Attack) Result {
	r := Result{Attack: a, Skipped: s.skips(a)}
	if r.Skipped != "" {
		return r
	}
	c, err := s.prepare(ctx, a)
	if err != nil {
		r.Err = err
		return r
	}
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

// prepare makes the credentials of an attack. What is to be let in before it
// must be, or the attack is none.
func (s *suite) prepare(ctx context.Context, a Attack) (Credentials, error) {
	if a.after == nil {
		return a.make(s.forge), nil
	}
	good, attack := a.after(s.forge)
	_, err := s.admit(ctx, good)
	return attack, err
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

// call makes one call, within the time limit.
func (s *suite) call(ctx context.Context, c Credentials) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	return s.target.call(ctx, c)
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
