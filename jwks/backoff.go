package jwks

import "time"

// The pause after failures, for calls that cannot be answered without a fetch:
// doubling, with jitter. Good callers wait for the longest pause once the
// issuer is back, so it is short. Jitter takes at most half of a pause: with
// jitter from zero, a recovering issuer would get half as many requests again.
const (
	firstBackoff    = time.Second
	longestBackoff  = 10 * time.Second
	shortestBackoff = 100 * time.Millisecond // after an attempt that took as long
)

// backoff draws the wait from the start of an attempt to the next, after count
// failures in a row: from half of a bound that doubles to the whole.
func backoff(count int, jitter float64) time.Duration {
	bound := longestBackoff
	if count < 5 {
		bound = min(firstBackoff<<(count-1), longestBackoff)
	}
	return spread(bound, jitter)
}

// The same for keys that serve. No call waits for that attempt, so it has time:
// a fleet that tried a few times in the first minute would ask a failing issuer
// ten times as often as a healthy one.
const (
	firstRefreshBackoff   = 30 * time.Second
	longestRefreshBackoff = 10 * time.Minute
)

// refreshBackoff draws the wait after count failures in a row to refresh a set,
// from half of a bound to the whole; left is how much of its lifetime is left. The
// first failure may be an accident, so the next attempt comes before the lifetime
// ends, or soon.
func refreshBackoff(count int, left time.Duration, jitter float64) time.Duration {
	bound := longestRefreshBackoff
	if count == 1 {
		bound = min(bound, max(left, firstRefreshBackoff))
	}
	return spread(bound, jitter)
}

// spread is between half of d and d.
func spread(d time.Duration, jitter float64) time.Duration {
	return time.Duration(float64(d) * (1 + jitter) / 2)
}
