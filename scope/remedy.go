package scope

import (
	"cmp"
	"errors"
	"slices"

	"github.com/postern-go/postern/token"
)

// cure is what would let a refused call through, a set of bits.
type cure uint8

const (
	byScopes  cure = 1 << iota // more scopes
	byStepUp                   // a better or more recent authentication
	byWaiting                  // what is out of reach comes back

	byNothing cure = 0
)

// cureOf is what a refusal asks for.
func cureOf(err error) cure {
	switch {
	case errors.Is(err, token.ErrDetail): // which is an ErrScope, and no scope helps
		return byNothing
	case errors.Is(err, token.ErrScope):
		return byScopes
	case errors.Is(err, token.ErrStepUp):
		return byStepUp
	case errors.Is(err, token.ErrUnavailable):
		return byWaiting
	default:
		return byNothing
	}
}

// cures are those that an answer can ask for, the least first. What is out of
// reach comes before all: the token may be good enough.
var cures = [...]cure{byWaiting, byScopes, byStepUp, byScopes | byStepUp}

// plan is a cure in full. A user who authenticates again ends up with one acr, which
// all of the rules must accept, those that hold at present included.
type plan struct {
	by    cure
	renew bool   // the user authenticates again
	acr   string // as what
}

// plans are the ways to have a cure: with each acr that the rules name.
func plans(by cure, found []finding) []plan {
	if by&byStepUp == 0 {
		return []plan{{by: by}}
	}
	var acrs []string
	for _, f := range found {
		acrs = appendNew(acrs, f.rule.acrs()...)
	}
	if acrs == nil {
		acrs = []string{""}
	}
	all := make([]plan, len(acrs))
	for i, acr := range acrs {
		all[i] = plan{by, true, acr}
	}
	return all
}

// remedy is what a plan consists of.
type remedy struct {
	plan   plan
	need   []string // all scopes that the call needs, with those it has and must keep
	logins []*login // all that is asked of the authentication, with what it satisfies already
	short  error    // the first refusal that asks for scopes, or nil
	why    error    // the first refusal that asks for something else, or nil
}

// remedyFor is the least that makes all rules hold, among these cures.
func remedyFor(found []finding, c call, among ...cure) (remedy, bool) {
	for _, by := range among {
		for _, p := range plans(by, found) {
			if r, ok := allCured(found, p, c); ok {
				return r, true
			}
		}
	}
	return remedy{}, false
}

func (r *remedy) add(more remedy) {
	r.need = appendNew(r.need, more.need...)
	r.logins = append(r.logins, more.logins...)
	r.short = cmp.Or(r.short, more.short)
	r.why = cmp.Or(r.why, more.why)
}

func allCured(found []finding, p plan, c call) (remedy, bool) {
	all := remedy{plan: p}
	for _, f := range found {
		r, ok := f.cured(p, c)
		if !ok {
			return remedy{}, false
		}
		all.add(r)
	}
	return all, true
}

// cured reports whether the rule holds once the plan is carried out. A rule that
// holds needs no cure, but must not be broken by one.
func (f finding) cured(p plan, c call) (remedy, bool) {
	switch {
	case f.branches != nil:
		return f.anyCured(p, c)
	case f.rule.login != nil:
		return remedy{logins: []*login{f.rule.login}, why: f.err}, f.loggedIn(p)
	case f.rule.need != nil:
		return remedy{need: f.rule.wanted(c), short: f.err}, f.holds || p.by&byScopes != 0
	case f.holds:
		return remedy{}, true
	}
	needed := cureOf(f.err)
	r := remedy{why: f.err}
	if needed == byScopes {
		r = remedy{need: needOf(f.err), short: f.err}
	}
	return r, needed&p.by != 0
}

// loggedIn reports whether a step-up rule holds after the plan.
func (f finding) loggedIn(p plan) bool {
	if !p.renew {
		return f.holds
	}
	return f.rule.login.accepts(p.acr) && (f.holds || cureOf(f.err) == byStepUp)
}

// anyCured is the remedy of the first alternative that holds and goes on to, or else
// of the first that the plan helps.
func (f finding) anyCured(p plan, c call) (remedy, bool) {
	for _, branch := range f.branches {
		if allHold(branch) {
			if r, ok := allCured(branch, p, c); ok {
				return r, true
			}
		}
	}
	for _, branch := range f.branches {
		if allHold(branch) {
			continue
		}
		if r, ok := allCured(branch, p, c); ok {
			return r.of(f, c), true
		}
	}
	return remedy{}, false
}

// of makes the refusals those of the alternatives, unless another one holds.
func (r remedy) of(f finding, c call) remedy {
	for _, err := range []*error{&r.short, &r.why} {
		if *err != nil && !f.holds {
			*err = &unmet{finding: f, call: c, why: *err}
		}
	}
	return r
}

// answer is the error that asks for a remedy.
func (r remedy) answer(c call) error {
	switch {
	case r.plan.by == byScopes:
		return answering(r.short, &token.ScopeError{Need: r.need, Token: c.token})
	case r.plan.by == byScopes|byStepUp:
		return answering(r.why, r.stepUp(r.need, c))
	case r.plan.by == byStepUp && r.logins != nil:
		return answering(r.why, r.stepUp(nil, c))
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

// stepUp asks for all that the rules want of one authentication, with what a
// function of the application asks for, and for scopes.
func (r remedy) stepUp(need []string, c call) error {
	answer := token.StepUpError{}
	var asked *token.StepUpError
	if errors.As(r.why, &asked) {
		answer = *asked
	}
	if answer.Need = appendNew(slices.Clone(answer.Need), need...); len(answer.Need) > 0 {
		answer.Token = c.token
	}
	if both := r.accepted(answer.ACRValues); len(both) > 0 {
		answer.ACRValues = both
	} else if own := r.acrValues(); own != nil {
		answer.ACRValues = own
	}
	for _, l := range r.logins {
		if l.maxAge != 0 && (answer.MaxAge == 0 || l.maxAge < answer.MaxAge) {
			answer.MaxAge = l.maxAge
		}
	}
	return &answer
}

// acrValues are those that the rules name and all of them accept, or nil if no rule
// is about acr.
func (r remedy) acrValues() []string {
	var names []string
	for _, l := range r.logins {
		names = appendNew(names, l.acr...)
	}
	if names == nil {
		return nil
	}
	return r.accepted(appendNew(names, r.plan.acr))
}

func (r remedy) accepted(acrs []string) []string {
	return slices.DeleteFunc(slices.Clone(acrs), func(acr string) bool {
		return slices.ContainsFunc(r.logins, func(l *login) bool { return !l.accepts(acr) })
	})
}
