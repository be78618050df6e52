package introspect

import (
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// patience is how many requests in a row may fail before the endpoint is left alone.
const patience = 5

// lane keeps account of failures, for tokens of one kind. Once patience is over, or when
// the failure is about this service or about the endpoint itself, the lane is closed for
// a while; then one request at a time tries whether the endpoint is back.
//
// Tokens that are known to have been good have a lane of their own. If some text makes the
// endpoint fail, a stranger who sends it closes the lane of unknown tokens only.
type lane struct {
	failures int       // in a row
	since    time.Time // when the first of them failed
	closings int       // in a row
	closed   bool
	at       time.Time // when it was closed, and
	wait     time.Duration
	trying   bool  // a request tries whether the endpoint is back
	era      int   // counts closings and reopenings: what began in another era is no news
	last     error // why the last request failed; nil if it did not
	refused  bool  // the credentials are
}

// closedFor is how long no request may be made.
func (l *lane) closedFor(now time.Time) time.Duration {
	switch {
	case pacing.IsWithin(l.at, now, l.wait): // a clock that was set back does not prolong it
		return l.wait - pacing.Elapsed(l.at, now)
	case l.trying:
		return time.Second
	}
	return 0
}

// enter begins a request, which may be made. It returns its era.
func (l *lane) enter() int {
	l.trying = l.closed
	return l.era
}

// succeed ends a request that was answered. It reports whether an outage ends.
func (l *lane) succeed(era int) (over bool) {
	if era != l.era {
		return false
	}
	over = l.closed
	*l = lane{era: l.era}
	if over {
		l.era++
	}
	return over
}

// neutral ends a request that says nothing about the endpoint.
func (l *lane) neutral(era int) {
	if era == l.era {
		l.trying = false
	}
}

// fail ends a request that failed. It reports whether the lane is closed for that.
func (l *lane) fail(era int, r *reply, now time.Time, jitter float64) (closes bool) {
	if era != l.era {
		return false
	}
	if l.failures == 0 {
		l.since = now
	}
	l.failures++
	l.last, l.refused, l.trying = r.err, r.credentials, false
	if !l.closed && !r.ours && l.failures < patience {
		return false
	}
	l.closings++
	l.era++
	l.closed, l.at, l.wait = true, now, max(pacing.Backoff(l.closings, jitter), r.retryAfter)
	return true
}
