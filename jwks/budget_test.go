package jwks_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// warm returns a Remote that holds k, and its server.
func warm(t *testing.T, k testKey, edit func(*jwks.RemoteConfig)) (*jwks.Remote, *server) {
	t.Helper()
	s := newServer()
	s.publish(k)
	r := newRemote(t, s, edit)
	requireKey(t, r, k)
	return r, s
}

func TestC_9111_kid_1(t *testing.T) {
	t.Parallel()
	t.Run("C_9111-kid-1 10000 random kids in 30 s", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k := ecKey("k")
			var refused int
			r, s := warm(t, k, func(c *jwks.RemoteConfig) { c.Trace = &jwks.Trace{Budget: func() { refused++ }} })
			for i := range 10_000 {
				requireErr(t, r, fmt.Sprint("random ", i), jwks.ErrNotFound)
				requireKey(t, r, k)
				time.Sleep(2999 * time.Microsecond)
			}
			assert.Equal(t, 2, s.count())
			assert.Equal(t, 9_999, refused)
		})
	})
	t.Run("C_9111-kid-1 10000 random kids at once share one fetch", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k := ecKey("k")
			r, s := warm(t, k, nil)
			s.serve(keysURL, reply{body: setOf(k), delay: time.Second})
			var wg sync.WaitGroup
			for i := range 10_000 {
				wg.Go(func() { requireErr(t, r, fmt.Sprint("random ", i), jwks.ErrNotFound) })
			}
			wg.Wait()
			assert.Equal(t, 2, s.count())
		})
	})
	t.Run("one kid 10000 times", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, ecKey("k"), nil)
			for range 10_000 {
				requireErr(t, r, "gone", jwks.ErrNotFound)
				time.Sleep(2999 * time.Microsecond)
			}
			assert.Equal(t, 2, s.count())
		})
	})
	t.Run("a flood of a day", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, ecKey("k"), nil)
			for i := range 24 * 3600 {
				requireErr(t, r, fmt.Sprint("random ", i), jwks.ErrNotFound)
				time.Sleep(time.Second)
			}
			assert.LessOrEqual(t, s.count(), 24*3600/240+24*3600/(7*60+30)+4)
		})
	})
}

func TestC_9111_kid_2(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := ecKey("k")
		r, s := warm(t, k, nil)
		for range 1000 { // that its signature was bad is not even known here
			requireKey(t, r, k)
		}
		synctest.Wait()
		assert.Equal(t, 1, s.count(), "C_9111-kid-2")
	})
}

func TestRefetchIntervalIsConfigurable(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{0, 5 * time.Second, 10 * time.Minute} {
		t.Run(interval.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, s := warm(t, ecKey("k"), func(c *jwks.RemoteConfig) {
					c.RefetchInterval, c.DefaultLifetime = interval, 24*time.Hour
				})
				if interval == 0 {
					interval = 30 * time.Second
				}
				requireErr(t, r, "a", jwks.ErrNotFound)
				require.Equal(t, 2, s.count())
				time.Sleep(interval - time.Millisecond)
				requireErr(t, r, "b", jwks.ErrNotFound)
				require.Equal(t, 2, s.count())
				time.Sleep(time.Millisecond)
				requireErr(t, r, "c", jwks.ErrNotFound)
				require.Equal(t, 3, s.count())
			})
		})
	}
}

// What a rotation suffers from garbage, as the comment of budget says.
func TestGarbageAndRotation(t *testing.T) {
	t.Parallel()
	old, next := ecKey("old"), ecKey("next")
	t.Run("garbage just before: the second call is served, the third too", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, nil)
			requireErr(t, r, "garbage", jwks.ErrNotFound)
			s.publish(old, next)
			requireErr(t, r, "next", jwks.ErrNotFound)
			requireKey(t, r, next)
			requireKey(t, r, next)
			require.Equal(t, 3, s.count())
		})
	})
	t.Run("budget and spare burnt on purpose: until the interval ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, nil)
			begin := time.Now()
			requireErr(t, r, "garbage", jwks.ErrNotFound)
			for range 100 {
				requireErr(t, r, "repeated", jwks.ErrNotFound)
			}
			require.Equal(t, 3, s.count(), "the budget and the spare")
			s.publish(old, next)
			for time.Since(begin) < 30*time.Second {
				requireErr(t, r, "next", jwks.ErrNotFound)
				requireErr(t, r, "repeated", jwks.ErrNotFound)
				time.Sleep(100 * time.Millisecond)
			}
			requireKey(t, r, next)
		})
	})
	t.Run("the spare is rare", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
			for i := range 600 { // an attacker who knows: ten kids at a time, ten times each
				for j := range 100 {
					_, _ = r.Keys(t.Context(), fmt.Sprint("crowd ", i/5, j%10))
				}
				time.Sleep(time.Second)
			}
			require.LessOrEqual(t, s.count(), 1+600/30+600/300)
			require.Greater(t, s.count(), 600/30)
		})
	})
	t.Run("a client with a token of a retired key leaves the budget to others", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
			for range 3600 {
				requireErr(t, r, "retired", jwks.ErrNotFound)
				time.Sleep(time.Second)
			}
			require.Less(t, s.count(), 2+3600/200)
			s.publish(old, next)
			requireKey(t, r, next)
		})
	})
	t.Run("a key that a cache on the way held back is found later", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, nil)
			requireErr(t, r, "next", jwks.ErrNotFound) // signed before it could be read
			time.Sleep(10 * time.Second)
			s.publish(old, next)
			time.Sleep(20 * time.Second)
			requireKey(t, r, next)
		})
	})
	t.Run("a fetch that fails gives the budget back", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, nil)
			s.serve(keysURL, reply{status: 500})
			requireErr(t, r, "next", jwks.ErrUnavailable)
			s.publish(old, next)
			time.Sleep(time.Second) // the backoff after one failure
			requireKey(t, r, next)
		})
	})
	t.Run("a rotation costs no budget, so the next one has it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, nil)
			published := []testKey{old}
			for i := range 3 {
				published = append(published, ecKey(fmt.Sprint("rotated ", i)))
				s.publish(published...)
				requireKey(t, r, published[len(published)-1])
				time.Sleep(time.Second)
			}
		})
	})
	t.Run("nor do those that the refresh brought", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, func(c *jwks.RemoteConfig) { c.DefaultLifetime = time.Minute })
			published := []testKey{old}
			publish := func(name string) testKey {
				published = append(published, ecKey(name))
				s.publish(published...)
				return published[len(published)-1]
			}
			for n := range 10 {
				publish(fmt.Sprint("announced ", n))
				time.Sleep(time.Minute)
				requireKey(t, r, old)
			}
			requireKey(t, r, publish("one"))
			requireKey(t, r, publish("another"))
		})
	})
	t.Run("an issuer whose servers disagree is not flooded for it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, old, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
			asked := 0
			s.on(keysURL, func(*http.Request) reply { // alternately one key and the other
				asked++
				return reply{body: setOf([]testKey{old, next}[asked%2])}
			})
			for i := range 600 {
				_, _ = r.Keys(t.Context(), fmt.Sprint("random ", i))
				time.Sleep(time.Second)
			}
			require.LessOrEqual(t, s.count(), 1+600/30+3+3*600/300)
			require.Greater(t, s.count(), 600/30)
		})
	})
}

func TestBudgetForgets(t *testing.T) {
	t.Parallel()
	t.Run("who was asked for before the last fetch", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, ecKey("k"), nil)
			requireErr(t, r, "garbage", jwks.ErrNotFound)
			requireErr(t, r, "wanted", jwks.ErrNotFound)
			time.Sleep(30 * time.Second)
			requireErr(t, r, "more garbage", jwks.ErrNotFound)
			require.Equal(t, 3, s.count())
			requireErr(t, r, "wanted", jwks.ErrNotFound)
			require.Equal(t, 3, s.count())
			requireErr(t, r, "wanted", jwks.ErrNotFound)
			require.Equal(t, 4, s.count(), "asked for twice since")
		})
	})
	t.Run("what was missing from the set before", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			old, next, late := ecKey("old"), ecKey("next"), ecKey("late")
			r, s := warm(t, old, nil)
			requireErr(t, r, "late", jwks.ErrNotFound)
			time.Sleep(30 * time.Second)
			requireErr(t, r, "late", jwks.ErrNotFound) // waits for a minute now
			require.Equal(t, 3, s.count())
			time.Sleep(30 * time.Second)
			s.publish(old, next)
			requireKey(t, r, next)
			s.publish(old, next, late)
			requireKey(t, r, late)
		})
	})
	t.Run("waits grow to eight intervals and no further", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, ecKey("k"), func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
			for range 1200 {
				requireErr(t, r, "gone", jwks.ErrNotFound)
				time.Sleep(time.Second)
			}
			var waits []float64
			for i, q := range s.seen()[2:] {
				waits = append(waits, q.at.Sub(s.seen()[i+1].at).Seconds())
			}
			require.Equal(t, []float64{30, 60, 120, 240, 240, 240}, waits[:6])
		})
	})
	t.Run("a kid asked for before it exists is found within eight intervals", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			old, next := ecKey("old"), ecKey("next")
			r, s := warm(t, old, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
			for range 451 { // asked for at 0, 30, 90, 210 and 450 seconds
				requireErr(t, r, "next", jwks.ErrNotFound)
				time.Sleep(time.Second)
			}
			s.publish(old, next)
			time.Sleep(8*30*time.Second - 2*time.Second)
			requireErr(t, r, "next", jwks.ErrNotFound)
			time.Sleep(time.Second)
			requireKey(t, r, next)
		})
	})
	t.Run("nothing of a kid that it remembers already", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, s := warm(t, ecKey("k"), nil)
			for range 60 {
				requireErr(t, r, "gone", jwks.ErrNotFound)
				time.Sleep(time.Minute)
			}
			require.Greater(t, s.count(), 10)
			require.Equal(t, 1, jwks.MissingKids(r))
		})
	})
	t.Run("kids beyond its memory", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r, _ := warm(t, ecKey("k"), nil)
			for i := range 600 {
				requireErr(t, r, fmt.Sprint("random ", i), jwks.ErrNotFound)
				time.Sleep(30 * time.Second)
			}
			require.Equal(t, 256, jwks.MissingKids(r))
		})
	})
}

func TestRefreshAheadNeedsNoBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old, next := ecKey("old"), ecKey("next")
		r, s := warm(t, old, nil)
		time.Sleep(13*time.Minute + 29*time.Second)
		_, _ = r.Keys(t.Context(), "garbage") // the refresh ahead and the budget, in one second
		s.publish(old, next)
		time.Sleep(13*time.Minute + 29*time.Second)
		_, _ = r.Keys(t.Context(), "more garbage")
		synctest.Wait()
		requireKey(t, r, next)
	})
}

// Latency of good calls under a flood, with the issuer at its slowest.
func TestFloodIsNotNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := ecKey("k")
		r, s := warm(t, k, nil)
		s.serve(keysURL, reply{body: setOf(k), delay: 4 * time.Second})
		var slow atomic.Int64
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Millisecond)
				go func() { _, _ = r.Keys(t.Context(), fmt.Sprint("random ", i)) }()
				begin := time.Now()
				requireKey(t, r, k)
				if time.Since(begin) > 0 {
					slow.Add(1)
				}
			})
		}
		wg.Wait()
		assert.Zero(t, slow.Load())
		time.Sleep(5 * time.Second)
		assert.Equal(t, 2, s.count())
	})
}
