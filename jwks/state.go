package jwks

import (
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// state is everything that a call needs to know, immutable and replaced whole
// at the end of each flight.
type state struct {
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

func (st *state) phase(now time.Time) phase {
	if st.set == nil {
		return phaseEmpty
	}
	switch age := pacing.Elapsed(st.set.at, now); {
	case age < 0, age >= st.set.limit:
		return phaseEmpty
	case age < st.set.ahead:
		return phaseFresh
	case age < st.set.lifetime:
		return phaseAhead
	default:
		return phaseExpired
	}
}

// fresh reports that phase(now) is phaseFresh, for the path that every call
// takes. If unsure, it reports false. It computes the two differences of elapsed
// for less than half the cost; a negative one is too large as an unsigned number.
func (st *state) fresh(now time.Time) bool {
	s := st.set
	return s != nil &&
		uint64(now.Sub(s.at)) < uint64(s.ahead) &&
		uint64(now.UnixNano()-s.wall) < uint64(s.ahead)
}

// lastAttempt is when the issuer was last asked, or when that failed.
func (st *state) lastAttempt() time.Time {
	switch {
	case st.failure != nil:
		return st.failure.at
	case st.set != nil:
		return st.set.at
	}
	return time.Time{}
}

func (st *state) lookup(kid string) []Key {
	if st.set == nil {
		return nil
	}
	return st.set.lookup(kid)
}
