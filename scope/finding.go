package scope

import (
	"cmp"
	"errors"

	"github.com/postern-go/postern/token"
)

// finding is what one rule says of a call.
type finding struct {
	rule     *rule
	holds    bool
	err      error       // of a rule without branches: why it refuses
	branches [][]finding // what the rules of each branch say
}

func (p Policy) find(c call) []finding {
	found := make([]finding, len(p.rules))
	for i := range p.rules {
		found[i] = p.rules[i].find(c)
	}
	return found
}

func (r *rule) find(c call) finding {
	f := finding{rule: r}
	if r.branches == nil {
		if err := r.check(c); err != nil {
			f.err = r.refusal(c, err)
		}
		f.holds = f.err == nil
		return f
	}
	for _, p := range r.branches {
		branch := p.find(c)
		f.branches = append(f.branches, branch)
		f.holds = f.holds || allHold(branch)
	}
	return f
}

func allHold(found []finding) bool {
	for _, f := range found {
		if !f.holds {
			return false
		}
	}
	return true
}

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

// remedy is what a cure consists of.
type remedy struct {
	need  []string // all scopes that the call needs, with those it has and must keep
	short error    // the first refusal that asks for scopes, or nil
	why   error    // the first refusal that asks for something else, or nil
}

func (r *remedy) add(more remedy) {
	r.need = appendNew(r.need, more.need...)
	r.short = cmp.Or(r.short, more.short)
	r.why = cmp.Or(r.why, more.why)
}

// cured reports whether the rule holds once the cure is had. A rule that holds
// needs no cure.
func (f finding) cured(by cure, c call) (remedy, bool) {
	switch {
	case f.branches != nil:
		return f.anyCured(by, c)
	case f.rule.need != nil:
		return remedy{need: f.rule.wanted(c), short: f.err}, f.holds || by&byScopes != 0
	case f.holds:
		return remedy{}, true
	}
	needed := cureOf(f.err)
	r := remedy{why: f.err}
	if needed == byScopes {
		r = remedy{need: needOf(f.err), short: f.err}
	}
	return r, needed&by != 0
}

func allCured(found []finding, by cure, c call) (all remedy, ok bool) {
	for _, f := range found {
		r, ok := f.cured(by, c)
		if !ok {
			return remedy{}, false
		}
		all.add(r)
	}
	return all, true
}

// anyCured is the remedy of the first alternative that the cure helps, or of one
// that needs none.
func (f finding) anyCured(by cure, c call) (remedy, bool) {
	for _, branch := range f.branches {
		if allHold(branch) {
			return allCured(branch, byNothing, c)
		}
	}
	for _, branch := range f.branches {
		if r, ok := allCured(branch, by, c); ok {
			for _, err := range []*error{&r.short, &r.why} {
				if *err != nil {
					*err = &unmet{finding: f, call: c, why: *err}
				}
			}
			return r, true
		}
	}
	return remedy{}, false
}

// needs lists the scopes that the rule needs, if scopes can help at all.
func (f finding) needs(c call) []string {
	for _, by := range []cure{byScopes, byScopes | byStepUp} {
		if r, ok := f.cured(by, c); ok {
			return r.need
		}
	}
	return nil
}

// refusal is what the rule by itself says, or nil if it holds.
func (f finding) refusal(c call) error {
	if f.branches == nil || f.holds {
		return f.err
	}
	for _, by := range cures {
		if r, ok := f.cured(by, c); ok {
			return r.answer(by, c)
		}
	}
	return &unmet{finding: f, call: c, why: f.denial(c)}
}

// denial is what the first alternative says that denies the call, and otherwise
// what the first one says that is not about the token: that it is invalid is not
// true if another alternative found it good.
func (f finding) denial(c call) error {
	var ofToken, other error
	for _, branch := range f.branches {
		err := blame(branch, c)
		switch {
		case errors.Is(err, token.ErrDenied), errors.Is(err, token.ErrDetail):
			return err
		case errors.Is(err, token.ErrUnavailable):
			other = cmp.Or(other, err)
		default:
			ofToken = cmp.Or(ofToken, err)
		}
	}
	return cmp.Or(other, ofToken)
}

// blame is the refusal among those of rules that belong together that is hardest
// to cure.
func blame(found []finding, c call) (worst error) {
	hardest := []cure{byNothing, byWaiting, byStepUp, byScopes}
	at := len(hardest)
	for _, f := range found {
		err := f.refusal(c)
		for i, by := range hardest[:at] {
			if err != nil && cureOf(err) == by {
				worst, at = err, i
				break
			}
		}
	}
	return worst
}

func needOf(err error) []string {
	var short *token.ScopeError
	if errors.As(err, &short) {
		return short.Need
	}
	return nil
}
