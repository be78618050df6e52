package jwks

import (
	"errors"
	"time"
)

const (
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
	cause   error     // why
	skipped []Skipped // of a set without a usable key
	err     error     // the same for callers: matches ErrUnavailable
	at      time.Time // when it failed
	since   time.Time // when the first of the row failed
	count   int
	wait    time.Duration // no attempt for that long for calls that need one
	rest    time.Duration // nor for that long to refresh keys that serve
	told    time.Duration // of that, what the issuer asked for
}

// failed is the failure of an attempt to replace what before has.
func (r *Remote) failed(before *view, cause error, now time.Time) *failure {
	n := before.failure.next(cause, now)
	jitter := r.config.jitter()
	n.wait = backoff(n.count, jitter)
	var d delayed
	if errors.As(cause, &d) {
		n.told = d.retryAfter()
		n.wait = max(n.wait, n.told)
	}
	n.rest = n.wait
	if before.phase(now) != phaseEmpty {
		n.rest = max(n.wait, rest(n.count, before.set.left(now), jitter))
	}
	return n
}

// next is the failure after f, which may be nil.
func (f *failure) next(cause error, now time.Time) *failure {
	n := &failure{cause: cause, err: unavailable(cause), at: now, since: now, count: 1}
	if f.current(now) {
		n.since, n.count = f.since, f.count+1
	}
	return n
}

// current reports whether f tells how things are now.
func (f *failure) current(now time.Time) bool {
	return f != nil && isWithin(f.at, now, f.rest+newsLasts)
}

// holdsBack reports whether no attempt is to be made yet although nothing is
// held.
func (f *failure) holdsBack(now time.Time) bool {
	return f != nil && isWithin(f.at, now, f.wait)
}

// holdsBackRefresh is holdsBack for keys that serve.
func (f *failure) holdsBackRefresh(now time.Time) bool {
	return f != nil && isWithin(f.at, now, f.rest)
}

// holdsBackUnknown is holdsBack for a kid that is not held. Backoff is there to
// spare the issuer, and one request per refetch interval is what such kids may
// cost it anyway; longer would keep a new key out after the outage is over. But
// what the issuer asks for is granted.
func (f *failure) holdsBackUnknown(now time.Time, interval time.Duration) bool {
	return f != nil && isWithin(f.at, now, max(f.told, min(f.wait, interval)))
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
