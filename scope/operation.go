package scope

import (
	"slices"
	"strings"
)

// operation is what a policy knows of its origin in a Table.
type operation struct {
	name   string
	policy string // its text there
}

// Operation is the name of the operation that p was taken from, by Table.Policy or
// Table.Lookup, or "" for any other policy. And keeps it, since the result asks for
// no less. What may ask for less has none: the results of Or and Rehearsed, and
// that of And for two operations with different names.
func (p Policy) Operation() string {
	if p.operation == nil {
		return ""
	}
	return p.operation.name
}

// narrows is the text of the operation's policy if p asks for more than that.
func (p Policy) narrows() string {
	if p.operation == nil || p.operation.policy == p.String() {
		return ""
	}
	return p.operation.policy
}

// commonOperation is that of p and q together.
func commonOperation(p, q Policy) *operation {
	switch {
	case q.operation == nil:
		return p.operation
	case p.operation == nil || *p.operation == *q.operation:
		return q.operation
	default:
		return nil
	}
}

// legible reports a part of p that never matters, as ParsePolicy does for a text.
func (p Policy) legible() error {
	if p.trial != nil {
		if err := p.trial.legible(); err != nil || p.access == rehearsed {
			return err
		}
	}
	enforced := p
	enforced.trial = nil
	_, err := ParsePolicy(enforced.String(), enforced.ownParts()...)
	return err
}

// ownParts are the rules of the program's own in p, once each.
func (p Policy) ownParts() (own []Policy) {
	for _, r := range p.rules {
		for _, branch := range r.branches {
			own = append(own, branch.ownParts()...)
		}
		if r.branches != nil {
			continue
		}
		part := Policy{access: required, rules: []rule{r}, onCall: p.onCall}
		if _, err := readPolicy(part.String(), nil); err != nil {
			own = append(own, part)
		}
	}
	slices.SortFunc(own, byText)
	return slices.CompactFunc(own, func(a, b Policy) bool { return byText(a, b) == 0 })
}

func byText(a, b Policy) int { return strings.Compare(a.String(), b.String()) }
