package jwks

import "time"

// later is an error that matches ErrUnavailable and knows when a retry makes
// sense.
type later struct {
	err   error
	after time.Duration
}

func (l *later) Error() string { return l.err.Error() }
func (l *later) Unwrap() error { return l.err }

// RetryAfter is for errors.As, which finds it in a wrapped error too: see
// Source.Keys.
func (l *later) RetryAfter() time.Duration { return l.after }

// leastRetry is the shortest wait that a caller is told: Retry-After counts
// whole seconds (RFC 9110 §10.2.3), and zero would invite a busy loop.
const leastRetry = time.Second

// notNow is the failure as an answer to a call: no attempt will be made
// before hold has passed since, and the next call after that makes one.
func (f *failure) notNow(hold time.Duration, now time.Time) error {
	return &later{f.err, max(hold-max(elapsed(f.at, now), 0), leastRetry)}
}
