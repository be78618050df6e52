package jwks

import (
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// leastRetry is the shortest wait that a caller is told: Retry-After counts
// whole seconds (RFC 9110 §10.2.3), and zero would invite a busy loop.
const leastRetry = time.Second

// notNow is the failure as an answer to a call: no attempt will be made
// before hold has passed since, and the next call after that makes one.
func (f *failure) notNow(hold time.Duration, now time.Time) error {
	return &pacing.Later{Err: f.err, After: max(hold-max(pacing.Elapsed(f.at, now), 0), leastRetry)}
}
