package refusals

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// timeLimit is how long a service may take over one call.
const timeLimit = 10 * time.Second

// attacker makes the credentials that one service is presented with.
type attacker struct {
	issuer *tokentest.Issuer
	cfg    Config
	web    *mint.Attacker // has the attacker's documents

	key, thief tokentest.SigningKey // that tokens are bound to, and the attacker's
	nonce      string               // the last one of the service, or ""

	cert, thiefs *tokentest.Certificate
}

// token is a good token of the service with edits.
func (a *attacker) token(edits ...tokentest.Edit) string {
	if a.cfg.Opaque {
		return a.issuer.Opaque(a.good(), tokentest.Edits(edits...))
	}
	return a.issuer.Token(a.good(), tokentest.Edits(edits...))
}

// good makes a token of the issuer one of the service.
func (a *attacker) good() tokentest.Edit {
	edits := []tokentest.Edit{tokentest.Shaped(a.cfg.Profile), tokentest.Scope(a.cfg.Scopes...), a.goodSets(), a.goodDetails(), a.goodActor(), a.goodLogin()}
	if a.cfg.User && len(a.cfg.Profile.Users) > 0 {
		edits = append(edits, tokentest.Marked(a.cfg.Profile.Users[0]))
	}
	if a.cfg.DPoP != nil && a.cfg.DPoP.Required {
		edits = append(edits, tokentest.BoundTo(a.key))
	}
	return tokentest.Edits(append(edits, a.cfg.Good...)...)
}

// bearer presents such a token as clients do.
func (a *attacker) bearer(edits ...tokentest.Edit) tokentest.Credentials {
	return authorization("Bearer " + a.token(edits...))
}

func authorization(fields ...string) tokentest.Credentials {
	return tokentest.Credentials{Authorization: fields}
}

type suite struct {
	attacker *attacker
	target   tokentest.Target
}

func newSuite(issuer *tokentest.Issuer, target tokentest.Target, cfg *Config) *suite {
	a := &attacker{issuer: issuer}
	if cfg != nil {
		a.cfg = *cfg
	}
	_ = issuer.Token(tokentest.EditDraft(func(d *mint.Draft) { a.web = d.Attacker }))
	algorithm := a.cfg.DPoP.algorithm()
	a.key, a.thief = issuer.ForeignKey(algorithm, ""), issuer.ForeignKey(algorithm, "")
	a.cert, a.thiefs = a.cfg.Certificate, tokentest.NewCertificate(a.web.TB(), nil)
	if a.cert == nil {
		a.cert = tokentest.NewCertificate(a.web.TB(), nil)
	}
	return &suite{attacker: a, target: target}
}

// checkSkips finds names in Skip that no attack has: such an entry would look
// like a decision and mean nothing.
func (s *suite) checkSkips() error {
	for name := range s.attacker.cfg.Skip {
		if !slices.ContainsFunc(Attacks(), func(a Attack) bool { return a.Name == name || a.Group == name }) {
			return fmt.Errorf("%w: %q", ErrSkip, name)
		}
	}
	return nil
}

func (s *suite) tryGood(ctx context.Context) Result {
	r := Result{Attack: Attack{Group: "control", Name: "the good token", Why: "a service that refuses everything proves nothing"}}
	r.Answer, r.Err = s.admit(ctx, s.attacker.underDPoP(s.attacker.bearer()))
	for _, bound := range s.attacker.goodBound() {
		if r.Err != nil {
			break
		}
		r.Answer, r.Err = s.admit(ctx, bound())
	}
	return r
}

// tryGoodAgain is after the attacks, of which some are outages.
func (s *suite) tryGoodAgain(ctx context.Context) Result {
	if s.attacker.cfg.Opaque {
		_, _ = s.recovered(ctx)
	}
	return s.tryGood(ctx)
}

// patience is how long a service may take to ask its issuer again.
const patience = 2 * time.Minute

// recovered lets a good token in, one that the service does not know. After an
// outage it tries again when the service says so.
func (s *suite) recovered(ctx context.Context) (answer tokentest.Answer, err error) {
	for waited := time.Duration(0); ; {
		answer, err = s.admit(ctx, s.attacker.underDPoP(s.attacker.bearer()))
		again, unavailable := verdict.Unavailable(answer)
		if err == nil || !unavailable || waited >= patience {
			return answer, err
		}
		waited += again
		timer := time.NewTimer(again)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return answer, ctx.Err()
		}
	}
}

// goodBound are the credentials with bound tokens that must be let in.
func (a *attacker) goodBound() (good []func() tokentest.Credentials) {
	if a.cfg.DPoP != nil {
		good = append(good, func() tokentest.Credentials {
			raw := a.bound()
			return proven(raw, a.proof(raw))
		})
	}
	if a.cfg.Certificate != nil {
		good = append(good, func() tokentest.Credentials { return a.underDPoP(a.certified(a.cert)) })
	}
	return good
}

// admit makes a call that must be let in.
func (s *suite) admit(ctx context.Context, c tokentest.Credentials) (tokentest.Answer, error) {
	answer, err := s.call(ctx, s.target, c)
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
	if a.during != nil {
		a.during(s.attacker)
		defer s.attacker.issuer.ComeUp()
	}
	fetched := s.trapped(a)
	target := s.target
	if a.replica {
		target = s.attacker.cfg.DPoP.Replica
	}
	if r.Answer, r.Err = s.call(ctx, target, c); r.Err != nil {
		return r
	}
	if r.Answer.Unsent {
		r.Skipped = "the transport cannot carry these credentials"
		return r
	}
	r.Err = s.judge(a, c, r.Answer, s.trapped(a)-fetched)
	return r
}

// prepare makes the credentials of an attack. A good token that comes before it
// must be let in, or the attack proves nothing.
func (s *suite) prepare(ctx context.Context, a Attack) (tokentest.Credentials, error) {
	if a.Want == refuseUnknown {
		// A service that does not ask at the moment proves nothing either.
		if _, err := s.recovered(ctx); err != nil {
			return tokentest.Credentials{}, err
		}
	}
	present := s.attacker.underDPoP
	if a.Group == ofDPoP.name {
		present = func(c tokentest.Credentials) tokentest.Credentials { return c }
	}
	if a.after == nil {
		return present(a.make(s.attacker)), nil
	}
	good, attack := a.after(s.attacker)
	_, err := s.admit(ctx, present(good))
	return present(attack), err
}

func (s *suite) judge(a Attack, c tokentest.Credentials, answer tokentest.Answer, fetched int) error {
	if err := verdict.Refusal(a.Want).Judge(answer); err != nil {
		return err
	}
	if fetched > 0 {
		return ErrFetched
	}
	if repeated(c, answer.Challenge) {
		return ErrEcho
	}
	if a.Want == refuseNonce && answer.Nonce == "" {
		return fmt.Errorf("%w: no DPoP-Nonce, so that the client cannot go on", ErrAnswer)
	}
	return nil
}

func (s *suite) skips(a Attack) string {
	for _, name := range []string{a.Name, a.Group} {
		if reason, ok := s.attacker.cfg.Skip[name]; ok {
			return cmp.Or(reason, verdict.WithoutReason)
		}
	}
	if a.applies != nil && !a.applies(s.attacker) {
		return "does not apply to this issuer and service"
	}
	return ""
}

// call makes one call, within the time limit, and keeps the nonce of the answer.
func (s *suite) call(ctx context.Context, target tokentest.Target, c tokentest.Credentials) (tokentest.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	answer, err := verdict.Call(ctx, target, c)
	s.attacker.nonce = cmp.Or(answer.Nonce, s.attacker.nonce)
	return answer, err
}

func (s *suite) trapped(a Attack) int {
	if a.trap == "" {
		return 0
	}
	return s.attacker.issuer.Requests(s.attacker.web.URL(a.trap))
}

// repeated tells whether a challenge has a part of the credentials in it
// that is long enough to be no accident.
func repeated(c tokentest.Credentials, challenges []string) bool {
	const long = 16
	secrets := slices.Clone(c.Fields["Dpop"])
	for _, field := range c.Authorization {
		_, raw, _ := strings.Cut(field, " ")
		secrets = append(secrets, raw)
	}
	for _, raw := range secrets {
		for part := range strings.SplitSeq(raw, ".") {
			if len(part) >= long && strings.Contains(strings.Join(challenges, "\n"), part) {
				return true
			}
		}
	}
	return false
}
