// Package pacing decides when something may be done again: how long ago something was
// by a clock that may be wrong, the pause after failures, and so many events a second.
package pacing

import "time"

// Elapsed is the time between two readings of a clock. The monotonic clock stands
// still while a machine sleeps and the wall clock can be set back, so the larger of
// the two differences counts: nothing must be trusted longer because a lid was closed.
func Elapsed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// IsWithin reports whether less than d has passed since from. A time in the future
// means that the clock was set back, and that the time since is unknown.
func IsWithin(from, now time.Time, d time.Duration) bool {
	e := Elapsed(from, now)
	return 0 <= e && e < d
}

// The pause after failures, for calls that cannot be answered otherwise: doubling,
// with jitter. Good callers wait for the longest pause once the server is back, so it
// is short. Jitter takes at most half of a pause: with jitter from zero, a recovering
// server would get half as many requests again.
const (
	first = time.Second
	// Longest is the longest pause that Backoff draws.
	Longest = 10 * time.Second
)

// Backoff draws the wait from the start of an attempt to the next, after count
// failures in a row: from half of a bound that doubles to the whole.
func Backoff(count int, jitter float64) time.Duration {
	bound := Longest
	if count < 5 {
		bound = min(first<<(count-1), Longest)
	}
	return Spread(bound, jitter)
}

// Spread is between half of d and d, for a jitter from 0 to 1.
func Spread(d time.Duration, jitter float64) time.Duration {
	return time.Duration(float64(d) * (1 + jitter) / 2)
}

// Rate allows so many events a second, and twice as many at once. It is not safe for
// concurrent use.
type Rate struct {
	perSecond int
	left      float64
	at        time.Time // when left was counted
}

// NewRate makes a Rate.
func NewRate(perSecond int, now time.Time) *Rate {
	return &Rate{perSecond: perSecond, left: float64(2 * perSecond), at: now}
}

// Take reports whether one more event is allowed now, and counts it. A clock that was
// set back allows none more.
func (r *Rate) Take(now time.Time) bool {
	passed := max(now.Sub(r.at), 0).Seconds()
	r.left, r.at = min(r.left+passed*float64(r.perSecond), float64(2*r.perSecond)), now
	if r.left < 1 {
		return false
	}
	r.left--
	return true
}

// Return takes back an event that was counted.
func (r *Rate) Return() { r.left = min(r.left+1, float64(2*r.perSecond)) }

// Later is an error that knows when a retry makes sense.
type Later struct {
	Err   error
	After time.Duration
}

func (l *Later) Error() string { return l.Err.Error() }

// Unwrap returns Err.
func (l *Later) Unwrap() error { return l.Err }

// RetryAfter is for errors.As, which finds it in a wrapped error too.
func (l *Later) RetryAfter() time.Duration { return l.After }
