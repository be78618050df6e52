package scope

import (
	"errors"
	"slices"

	"github.com/postern-go/postern/token"
)

// judge holds a call against the rules, in their order.
func (p Policy) judge(c call) error {
	for i := range p.rules {
		r := &p.rules[i]
		if r.branches != nil {
			if r.holds(c) {
				continue
			}
			return p.undecided(c, r)
		}
		if err := r.check(c); err != nil {
			return p.refused(c, r, err)
		}
	}
	return nil
}

// refused is the answer to a call that one rule refuses.
func (p Policy) refused(c call, r *rule, err error) error {
	if r.stage == stageScope {
		return p.short(c, err)
	}
	return r.refusal(c, err)
}

// undecided is the answer to a call that none of some alternatives lets through.
func (p Policy) undecided(c call, r *rule) error {
	if r.stage == stageScope {
		return p.short(c, r.find(c).refusal(c))
	}
	return p.weigh(c)
}

// short is the answer to a call that lacks the scopes of one rule. It names
// those that the whole policy needs, since a client asks for a token with the
// scopes that the answer names.
func (p Policy) short(c call, err error) error {
	var need []string
	for i := range p.rules {
		r := &p.rules[i]
		if r.branches != nil || r.need != nil {
			need = appendNew(need, r.find(c).needs(c)...)
		}
	}
	return answering(err, &token.ScopeError{Need: need, Token: c.token})
}

// weigh is the answer to a call that none of some alternatives lets through,
// where the rules before them hold. What is answered must help with all of the
// rules: scopes that alternatives lack are not named if another rule denies the
// call whatever its scopes are. It is nil only if every rule holds after all,
// since a function of the application has changed its mind: then nothing is to
// be cured.
func (p Policy) weigh(c call) error {
	found := p.find(c)
	for _, by := range cures {
		if r, ok := allCured(found, by, c); ok {
			return r.answer(by, c)
		}
	}
	first := slices.IndexFunc(found, func(f finding) bool { _, ok := f.cured(byScopes, c); return !ok })
	return found[first].refusal(c)
}

// answer is the error that asks for a remedy.
func (r remedy) answer(by cure, c call) error {
	switch by {
	case byScopes:
		return answering(r.short, &token.ScopeError{Need: r.need, Token: c.token})
	case byScopes | byStepUp:
		return answering(r.why, stepUpWith(r.why, r.need))
	default:
		return r.why
	}
}

// answering is a refusal with another answer to the caller.
func answering(err, answer error) error {
	switch e := err.(type) {
	case *unmet:
		with := *e
		with.why = answer
		return &with
	case *refusal:
		with := *e
		with.why = answer
		return &with
	default:
		return answer
	}
}

// stepUpWith is what err asks for together with scopes.
func stepUpWith(err error, need []string) error {
	answer := token.StepUpError{}
	var asked *token.StepUpError
	if errors.As(err, &asked) {
		answer = *asked
	}
	answer.Need = appendNew(slices.Clone(answer.Need), need...)
	return &answer
}
