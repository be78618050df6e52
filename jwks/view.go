package jwks

import (
	"fmt"
	"time"
)

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

// Backoff after failures: doubling, with full jitter.
const (
	firstBackoff    = time.Second
	longestBackoff  = 5 * time.Minute
	shortestBackoff = 100 * time.Millisecond
	// newsLasts is for how long after the end of its backoff a failure still
	// says that the issuer is down. With calls coming in, the next attempt is
	// made by then; without, nothing is known any more.
	newsLasts = time.Minute
	// doubt is how long after the beginning of an outage a kid that is not held
	// may belong to a key published just before it.
	doubt = time.Minute
)

// failure is the end of an attempt that failed, and of those in a row before.
type failure struct {
	cause error     // why
	err   error     // the same for callers: matches ErrUnavailable
	at    time.Time // when it failed
	since time.Time // when the first of the row failed
	count int
	wait  time.Duration // no attempt for that long
	told  bool          // because the issuer said so
}

// next is the failure after f, which may be nil.
func (f *failure) next(cause error, now time.Time) *failure {
	n := &failure{cause: cause, err: fmt.Errorf("%w: %w", ErrUnavailable, cause), at: now, since: now, count: 1}
	if f.current(now) {
		n.since, n.count = f.since, f.count+1
	}
	return n
}

// current reports whether f tells how things are now.
func (f *failure) current(now time.Time) bool {
	return f != nil && isWithin(f.at, now, f.wait+newsLasts)
}

// holdsBack reports whether no attempt is to be made yet.
func (f *failure) holdsBack(now time.Time) bool {
	return f != nil && isWithin(f.at, now, f.wait)
}

// holdsBackUnknown is holdsBack for a kid that is not held. Backoff is there to
// spare the issuer, and one request per refetch interval is what such kids may
// cost it anyway; longer would keep a new key out after the outage is over.
func (f *failure) holdsBackUnknown(now time.Time, interval time.Duration) bool {
	if f == nil || f.told {
		return f.holdsBack(now)
	}
	return isWithin(f.at, now, min(f.wait, interval))
}

// verdict is the answer for a kid that is not held while the issuer cannot be
// asked: at first that this cannot be told, and later that there is no such
// key, because garbage must not look like an outage for hours.
func (f *failure) verdict(now time.Time) error {
	if f != nil && isWithin(f.since, now, doubt) {
		return f.err
	}
	return ErrNotFound
}

// backoff draws the wait after count failures in a row: uniformly from nothing
// to a bound that doubles.
func backoff(count int, jitter float64) time.Duration {
	bound := longestBackoff
	if count < 10 {
		bound = min(firstBackoff<<(count-1), longestBackoff)
	}
	return max(time.Duration(float64(bound)*jitter), shortestBackoff)
}
