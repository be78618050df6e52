package jwks

import "time"

// view is everything that a call needs to know, immutable and replaced whole
// at the end of each attempt to fetch.
type view struct {
	set     *keySet  // nil: none was ever held
	failure *failure // nil: the last attempt succeeded
}

// phase is what the age of a set allows.
type phase int

const (
	phaseEmpty   phase = iota // nothing that may be trusted
	phaseFresh                // use it
	phaseAhead                // use it, and refresh it meanwhile
	phaseExpired              // refresh it first; if that fails, use it
)

func (v *view) phase(now time.Time) phase {
	if v.set == nil {
		return phaseEmpty
	}
	switch age := elapsed(v.set.at, now); {
	case age < 0, age >= v.set.limit:
		return phaseEmpty
	case age < v.set.ahead:
		return phaseFresh
	case age < v.set.lifetime:
		return phaseAhead
	default:
		return phaseExpired
	}
}

// fresh is phase(now) == phaseFresh, for the path that every call takes.
func (v *view) fresh(now time.Time) bool {
	return v.set != nil && isWithin(v.set.at, now, v.set.ahead)
}

func (v *view) lookup(kid string) []Key {
	if v.set == nil {
		return nil
	}
	return v.set.lookup(kid)
}
