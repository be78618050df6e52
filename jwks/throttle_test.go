package jwks_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// C_9111-jit-1: what the issuer asks for is granted, however long the outage
// has lasted and whatever backoff was drawn, to kids nobody has published too.
func TestRetryAfterHoldsUnknownKidsBackForAsLongAsItLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.publish(ecKey("a"))
		r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return 0.9 } })
		require.NoError(t, r.Ready(t.Context()))
		s.serve(keysURL, reply{status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": "120"}})
		start := time.Now()
		for time.Since(start) < time.Hour {
			_, _ = r.Keys(t.Context(), "unknown-"+time.Now().String())
			time.Sleep(10 * time.Second)
		}
		asked := s.seen()
		for i := 2; i < len(asked); i++ {
			require.GreaterOrEqual(t, asked[i].at.Sub(asked[i-1].at), 2*time.Minute, "request %d", i)
		}
		require.Greater(t, len(asked), 5)
	})
}
