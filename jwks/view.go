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

// fresh reports that phase(now) is phaseFresh, for the path that every call
// takes. In doubt it says no. It takes the two differences of elapsed for less
// than half of what that costs; a negative one is too large as an unsigned number.
func (v *view) fresh(now time.Time) bool {
	s := v.set
	return s != nil &&
		uint64(now.Sub(s.at)) < uint64(s.ahead) &&
		uint64(now.UnixNano()-s.wall) < uint64(s.ahead)
}

// lastAttempt is when the issuer was last asked, whatever came of it.
func (v *view) lastAttempt() time.Time {
	switch {
	case v.failure != nil:
		return v.failure.at
	case v.set != nil:
		return v.set.at
	}
	return time.Time{}
}

func (v *view) lookup(kid string) []Key {
	if v.set == nil {
		return nil
	}
	return v.set.lookup(kid)
}
