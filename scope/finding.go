package scope

import (
	"cmp"
	"errors"
	"strings"

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

// needs lists the scopes that the rule needs, if scopes can help at all.
func (f finding) needs(c call) []string {
	r, _ := remedyFor([]finding{f}, c, byScopes, byScopes|byStepUp)
	return r.need
}

// refusal is what the rule by itself says, or nil if it holds.
func (f finding) refusal(c call) error {
	if f.branches == nil || f.holds {
		return f.err
	}
	if r, ok := remedyFor([]finding{f}, c, cures[:]...); ok {
		return r.answer(c)
	}
	return &unmet{finding: f, call: c, why: f.denial(c)}
}

// denial is what the first alternative says that denies the call, and otherwise
// what the first one says that is not about the token: that it is invalid is not
// true if another alternative found it good.
func (f finding) denial(c call) error {
	var ofToken, other error
	for _, branch := range f.branches {
		err := incurable(branch, c)
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

// incurable is the refusal of rules that belong together and that nothing cures. It
// asks for no authentication: if each of them could be helped by one, then not all
// of them by the same.
func incurable(found []finding, c call) error {
	err := blame(found, c)
	if cureOf(err) != byStepUp {
		return err
	}
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.rule.printed()
	}
	return &refusal{rule: strings.Join(names, " and "), why: token.ErrDenied, detail: ": no acr is enough for all of its step-up rules"}
}

func needOf(err error) []string {
	var short *token.ScopeError
	if errors.As(err, &short) {
		return short.Need
	}
	return nil
}
