package challenge

import (
	"slices"

	"github.com/postern-go/postern/token"
)

// For is the table for calls that take bound tokens alone, or t for others. Its
// challenges name no scheme in which no such token comes, unless all schemes are
// like that.
func (t *Table) For(boundOnly bool) *Table {
	if boundOnly {
		return t.bound
	}
	return t
}

// ofBound is schemes with those advertised alone that take bound tokens. It is nil
// if that changes nothing, or leaves none to advertise.
func ofBound(schemes []token.Scheme) []token.Scheme {
	bound, left, fewer := slices.Clone(schemes), 0, false
	for i := range bound {
		switch s := &bound[i]; {
		case s.Unadvertised:
		case s.TakesBound:
			left++
		default:
			s.Unadvertised, fewer = true, true
		}
	}
	if left == 0 || !fewer {
		return nil
	}
	return bound
}
