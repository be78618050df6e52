package jwks

import (
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// shortestBackoff is the pause after an attempt that took as long as a pause.
const shortestBackoff = 100 * time.Millisecond

// The pause for keys that serve. No call waits for that attempt, so it has time:
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
	return pacing.Spread(bound, jitter)
}
