package answers_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token"
)

// later is an error that knows when to try again.
type later time.Duration

func (l later) Error() string             { return "later" }
func (l later) RetryAfter() time.Duration { return time.Duration(l) }

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	table := baseline(t)
	for after, want := range map[time.Duration]int{
		math.MinInt64: 1, -time.Second: 1, 0: 1, 1: 1, time.Second: 1, time.Second + 1: 2, 1500 * time.Millisecond: 2,
		30 * time.Second: 30, time.Hour: 3600, time.Hour + 1: 3600, 24 * time.Hour: 3600, math.MaxInt64: 3600,
	} {
		for _, err := range []error{
			fmt.Errorf("%w: %w", token.ErrKeysUnavailable, later(after)),
			fmt.Errorf("outside: %w", later(after)),
		} {
			assert.Equal(t, want, table.Answer(err, "Bearer").RetryAfter, "%v: %v", after, err)
		}
	}
	assert.Equal(t, 5, table.Answer(token.ErrUnavailable, "Bearer").RetryAfter, "not known")
	assert.Zero(t, table.Answer(fmt.Errorf("%w: %w", token.ErrInvalid, later(time.Minute)), "Bearer").RetryAfter, "a verdict stands")
}
