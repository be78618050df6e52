package jwks_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// TestBackoff is about a service without keys. This is about one with keys.
func TestBackoffWhileKeysServe(t *testing.T) {
	t.Parallel()
	k := ecKey("k")
	// attempts is when a service that is called every second makes requests,
	// if all but the first fail, in seconds from that.
	attempts := func(t *testing.T, jitter float64, failing reply, lasts time.Duration) (at []float64) {
		r, s := warm(t, k, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return jitter } })
		s.serve(keysURL, failing)
		for range lasts / time.Second {
			time.Sleep(time.Second)
			requireKey(t, r, k)
			synctest.Wait()
		}
		for _, q := range s.seen()[1:] {
			at = append(at, q.at.Sub(s.seen()[0].at).Seconds())
		}
		return at
	}
	run := func(name string, test func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test)
		})
	}
	down := reply{err: errDown}
	run("C_9111-jit-1 latest: at the end of the lifetime, then every ten minutes", func(t *testing.T) {
		require.Equal(t, []float64{810, 900, 1500, 2100, 2700, 3300}, attempts(t, 1, down, time.Hour))
	})
	run("C_9111-jit-1 earliest: half of what is left, then every five minutes", func(t *testing.T) {
		require.Equal(t, []float64{450, 675, 975, 1275, 1575}, attempts(t, 0, down, 30*time.Minute))
	})
	run("C_9111-jit-1 Retry-After counts if it is longer", func(t *testing.T) {
		busy := reply{status: 503, header: map[string]string{"Retry-After": "480"}}
		require.Equal(t, []float64{450, 930, 1410}, attempts(t, 0, busy, 30*time.Minute))
	})
	run("C_9111-jit-1 an hour costs the issuer not much more than one of its own", func(t *testing.T) {
		for range 20 {
			assert.InDelta(t, 8, len(attempts(t, rand.Float64(), down, time.Hour)), 3)
		}
	})
	run("an accident is made good within the lifetime", func(t *testing.T) {
		for range 20 {
			r, s := warm(t, k, nil)
			s.serve(keysURL, down)
			for range 15 * 60 {
				time.Sleep(time.Second)
				requireKey(t, r, k)
				synctest.Wait()
				if s.count() > 1 {
					s.publish(k)
				}
			}
			require.GreaterOrEqual(t, s.count(), 3)
			require.Equal(t, jwks.StateFresh, r.Status().State)
		}
	})
	run("one that comes late is made good soon", func(t *testing.T) {
		r, s := warm(t, k, nil)
		s.serve(keysURL, down)
		time.Sleep(time.Hour) // without a call
		requireKey(t, r, k)
		s.publish(k)
		time.Sleep(30 * time.Second)
		requireKey(t, r, k)
		synctest.Wait()
		require.Equal(t, jwks.StateFresh, r.Status().State)
	})
	run("once they no longer serve, attempts are frequent", func(t *testing.T) {
		r, s := warm(t, k, func(c *jwks.RemoteConfig) { c.StaleFor = time.Hour })
		s.serve(keysURL, down)
		for range 59 {
			time.Sleep(time.Minute)
			requireKey(t, r, k)
			synctest.Wait()
		}
		_, _ = r.Keys(t.Context(), "unknown") // fails too, a minute before the end
		s.publish(k)
		require.Greater(t, time.Until(r.Status().NextRefresh), 2*time.Minute)
		time.Sleep(time.Minute)
		wait := time.Until(r.Status().NextRefresh)
		require.LessOrEqual(t, wait, 4*time.Minute, "the backoff of a service without keys")
		time.Sleep(max(wait, 0))
		requireKey(t, r, k)
	})
}
