package jwks

import (
	"fmt"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/pacing"
)

const (
	// failureTTL is how long after the end of its backoff a failure still says
	// that the issuer is down. While calls come in, the next attempt is made by
	// then; without calls, nothing is known after it.
	failureTTL = time.Minute
	// grace is how long after the beginning of an outage a kid that is not held
	// may belong to a key published just before it.
	grace = time.Minute
)

// failure is a failed attempt, with the failures in a row before it.
type failure struct {
	cause       error     // why
	skipped     []Skipped // of a set without a usable key
	err         error     // the same for callers: matches ErrUnavailable
	at          time.Time // when it failed
	since       time.Time // when the first of the row failed
	count       int
	wait        time.Duration // no attempt for that long for calls that need one
	refreshWait time.Duration // nor for that long to refresh keys that serve
}

// failed is the failure of an attempt to replace the set of before, and took is
// how long that lasted. The backoff runs from its start: good callers have waited
// since then. The issuer's Retry-After counts in full while keys serve, and up to
// the longest backoff where they do not: it does not say when it will be back.
func (r *Remote) failed(before *state, cause error, took time.Duration, now time.Time) *failure {
	n := before.failure.next(cause, now)
	jitter, retryAfter := r.config.jitter(), fetch.RetryAfter(cause)
	n.wait = max(pacing.Backoff(n.count, jitter)-max(took, 0), shortestBackoff, min(retryAfter, pacing.Longest))
	n.refreshWait = n.wait
	if before.phase(now) != phaseEmpty {
		n.refreshWait = max(n.wait, retryAfter, refreshBackoff(n.count, before.set.left(now), jitter))
	}
	return n
}

// unavailable is err for callers of Keys.
func unavailable(err error) error { return evidence.OneLine(fmt.Errorf("%w: %w", ErrUnavailable, err)) }

// next is the failure after f, which may be nil.
func (f *failure) next(cause error, now time.Time) *failure {
	n := &failure{cause: cause, err: unavailable(cause), at: now, since: now, count: 1}
	if f.current(now) {
		n.since, n.count = f.since, f.count+1
	}
	return n
}

// current reports whether f still says that the issuer is failing.
func (f *failure) current(now time.Time) bool {
	return f != nil && pacing.IsWithin(f.at, now, f.refreshWait+failureTTL)
}

// holdsBack reports whether no attempt is to be made yet although nothing is
// held.
func (f *failure) holdsBack(now time.Time) bool {
	return f != nil && pacing.IsWithin(f.at, now, f.wait)
}

// holdsBackRefresh is holdsBack for keys that serve.
func (f *failure) holdsBackRefresh(now time.Time) bool {
	return f != nil && pacing.IsWithin(f.at, now, f.refreshWait)
}

// holdsBackUnknown is holdsBack for a kid that is not held.
func (f *failure) holdsBackUnknown(now time.Time, interval time.Duration) bool {
	return f != nil && pacing.IsWithin(f.at, now, min(f.wait, interval))
}

// verdict is the answer for a kid that is not held and has that standing. It is
// ErrUnavailable only while the issuer fails, which no caller can cause, and
// after the first minute only for a kid that was asked for again, so that
// random garbage does not look like an outage for hours.
func (f *failure) verdict(is standing, now time.Time, interval time.Duration) error {
	switch {
	case !f.current(now):
	case is == askedAgain, is == askedOnce && pacing.IsWithin(f.since, now, grace):
		return f.notNow(min(f.wait, interval), now)
	case pacing.IsWithin(f.since, now, grace):
		return f.notNow(2*interval, now)
	}
	return ErrNotFound
}
