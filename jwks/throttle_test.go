package jwks_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// C_9111-jit-1: what the issuer asks for is granted up to the longest backoff
// to a kid that calls wait for, however long the outage has lasted. Random kids
// keep to their pace, which is slower.
func TestRetryAfterAndUnknownKids(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kid   func(i int) string
		least time.Duration
	}{
		"waited for": {func(int) string { return "next" }, 10 * time.Second},
		"random":     {func(i int) string { return fmt.Sprint("random ", i) }, 60 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, s := warm(t, ecKey("a"), func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return 0.1 } })
				s.serve(keysURL, reply{status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "120"}})
				for i := range 3600 {
					_, _ = r.Keys(t.Context(), test.kid(i))
					time.Sleep(time.Second)
				}
				asked := s.seen()
				for i := 2; i < len(asked); i++ {
					require.Equal(t, test.least, asked[i].at.Sub(asked[i-1].at), "request %d", i)
				}
				require.Greater(t, len(asked), 50)
			})
		})
	}
}
