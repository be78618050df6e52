package scope

import (
	"slices"

	"github.com/postern-go/postern/token"
)

// judge holds a call against the rules, in their order. That a token is bound comes
// first. Then those about logins and scopes get one answer together.
func (p Policy) judge(c call) error {
	if err := p.unbound(c); err != nil {
		return err
	}
	early := p.early()
	if !(Policy{rules: p.rules[:early]}).holds(c) {
		if err := p.turnAway(c, early); err != nil {
			return err
		}
	}
	for i := range p.rules[early:] {
		r := &p.rules[early+i]
		if r.branches != nil {
			if r.holds(c) {
				continue
			}
			return p.weigh(c)
		}
		if err := r.check(c); err != nil {
			return p.refused(c, r, early, err)
		}
	}
	return nil
}

// early is how many rules are about bindings, logins and scopes alone.
func (p Policy) early() int {
	for i := range p.rules {
		if p.rules[i].stage == stageApplication {
			return i
		}
	}
	return len(p.rules)
}

// turnAway is the answer to a call that does not meet the rules about logins and
// scopes. It names what the whole policy needs, since a client asks for a token
// with what the answer names. It is nil only if these rules hold after all, as the
// time of a login that lay in the future has come.
func (p Policy) turnAway(c call, early int) error {
	if p.asksForScopes() {
		return p.short(c, early)
	}
	found := Policy{rules: p.rules[:early]}.find(c)
	r, ok := remedyFor(found, c, cures[:]...)
	if !ok {
		return incurable(found, c)
	}
	var later []finding
	for i := range p.rules[early:] {
		if r := &p.rules[early+i]; r.branches != nil {
			later = append(later, r.find(c))
		}
	}
	if all, ok := remedyFor(slices.Concat(found, later), c, byStepUp, byScopes|byStepUp); ok && r.plan.renew {
		return all.answer(c)
	}
	for _, f := range later {
		r.need = appendNew(r.need, f.needs(c)...)
	}
	return r.answer(c)
}

// asksForScopes reports whether no rule but those about scopes alone has a cure that
// has to be looked for.
func (p Policy) asksForScopes() bool {
	return !slices.ContainsFunc(p.rules, func(r rule) bool { return r.login != nil || r.branches != nil })
}

// short is turnAway where only scopes can be short. It costs little, as a flood of
// such calls does then.
func (p Policy) short(c call, early int) error {
	var need []string
	for i := range p.rules[:early] {
		need = appendNew(need, p.rules[i].wanted(c)...)
	}
	return &token.ScopeError{Need: need, Token: c.token}
}

// refused is the answer to a call that a rule of the application refuses. A new
// authentication that it asks for must satisfy the step-up rules too.
func (p Policy) refused(c call, by *rule, early int, err error) error {
	err = by.refusal(c, err)
	if cureOf(err) != byStepUp {
		return err
	}
	found := append(Policy{rules: p.rules[:early]}.find(c), finding{rule: by, err: err})
	if r, ok := remedyFor(found, c, byStepUp); ok {
		return r.answer(c)
	}
	return err
}

// weigh is the answer to a call that none of some alternatives lets through,
// where the rules before them hold. What is answered must help with all of the
// rules: scopes that alternatives lack are not named if another rule denies the
// call whatever its scopes are. It is nil only if every rule holds after all,
// since a function of the application has changed its mind: then nothing is to
// be cured.
func (p Policy) weigh(c call) error {
	found := p.find(c)
	if r, ok := remedyFor(found, c, cures[:]...); ok {
		return r.answer(c)
	}
	return incurable(found, c)
}
