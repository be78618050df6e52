package jwks

import "time"

// elapsed is the time between two readings of a clock. The monotonic clock
// stands still while a machine sleeps and the wall clock can be set back, so
// the larger of the two differences counts: keys must not live longer because
// a lid was closed.
func elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// isWithin reports whether less than d has passed since from. A time in the
// future means that the clock was set back, and that the time since is unknown.
func isWithin(from, now time.Time, d time.Duration) bool {
	e := elapsed(from, now)
	return 0 <= e && e < d
}
