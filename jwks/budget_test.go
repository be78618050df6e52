package jwks_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
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
			assert.LessOrEqual(t, s.count(), 24*3600/30+24*3600/(7*60+30)+2)
		})
	})
}

func TestC_9111_kid_2(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := ecKey("k")
		r, s := warm(t, k, nil)
		for range 1000 { // that its signature was bad is not known here: see TestReconsider
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

// What a rotation suffers from others, as the comment of budget says.
func TestGarbageAndRotation(t *testing.T) {
	t.Parallel()
	old, next := ecKey("old"), ecKey("next")
	run := func(name string, test func(t *testing.T, r *jwks.Remote, s *server)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, s := warm(t, old, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
				test(t, r, s)
			})
		})
	}
	run("garbage just before: the second call is served, the third too", func(t *testing.T, r *jwks.Remote, s *server) {
		requireErr(t, r, "garbage", jwks.ErrNotFound)
		s.publish(old, next)
		requireErr(t, r, "next", jwks.ErrNotFound)
		requireKey(t, r, next)
		requireKey(t, r, next)
		require.Equal(t, 3, s.count())
	})
	run("both paces spent on purpose: until the interval ends", func(t *testing.T, r *jwks.Remote, s *server) {
		begin := time.Now()
		requireErr(t, r, "garbage", jwks.ErrNotFound)
		for range 100 {
			requireErr(t, r, "repeated", jwks.ErrNotFound)
		}
		require.Equal(t, 3, s.count())
		s.publish(old, next)
		for time.Since(begin) < 30*time.Second {
			requireErr(t, r, "next", jwks.ErrNotFound)
			requireErr(t, r, "repeated", jwks.ErrNotFound)
			time.Sleep(100 * time.Millisecond)
		}
		requireKey(t, r, next)
	})
	run("the second pace is half of the first", func(t *testing.T, r *jwks.Remote, s *server) {
		for i := range 600 { // ten kids at a time, ten times each
			for j := range 100 {
				_, _ = r.Keys(t.Context(), fmt.Sprint("crowd ", i/5, j%10))
			}
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, s.count(), 1+600/30+600/60)
		require.Greater(t, s.count(), 600/30+600/60-3)
	})
	run("a token of a retired key leaves the paces to others", func(t *testing.T, r *jwks.Remote, s *server) {
		for range 3600 {
			requireErr(t, r, "retired", jwks.ErrNotFound)
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, s.count(), 2+3600/60)
		s.publish(old, next)
		requireKey(t, r, next)
	})
	run("withdrawn keys spend nothing from the first call on", func(t *testing.T, r *jwks.Remote, s *server) {
		gone := edKey(goneToo)
		s.publish(old, gone)
		requireErr(t, r, "stray", jwks.ErrNotFound)
		requireKey(t, r, gone)
		s.publish(old)
		time.Sleep(22 * time.Hour)
		requireKey(t, r, old)
		synctest.Wait() // the refresh took it away
		before := s.count()
		requireErr(t, r, goneToo, jwks.ErrNotFound)
		require.Equal(t, before, s.count())
		s.publish(old, next)
		requireKey(t, r, next)
	})
	run("a key that a cache on the way held back is found in two intervals", func(t *testing.T, r *jwks.Remote, s *server) {
		requireErr(t, r, "next", jwks.ErrNotFound) // signed before it could be read
		s.publish(old, next)
		time.Sleep(time.Minute - time.Millisecond)
		requireErr(t, r, "next", jwks.ErrNotFound)
		time.Sleep(time.Millisecond)
		requireKey(t, r, next)
	})
	run("it comes sooner if another kid causes a fetch", func(t *testing.T, r *jwks.Remote, s *server) {
		requireErr(t, r, "next", jwks.ErrNotFound)
		s.publish(old, next)
		time.Sleep(30 * time.Second)
		requireErr(t, r, "stray", jwks.ErrNotFound)
		requireKey(t, r, next)
	})
	run("a fetch that fails keeps no key out", func(t *testing.T, r *jwks.Remote, s *server) {
		s.serve(keysURL, reply{status: 500})
		requireErr(t, r, "next", jwks.ErrUnavailable)
		s.publish(old, next)
		time.Sleep(time.Second) // the backoff after one failure
		requireKey(t, r, next)
	})
	run("another rotation at once is met by the second call", func(t *testing.T, r *jwks.Remote, s *server) {
		s.publish(old, next)
		requireKey(t, r, next)
		late := ecKey("late")
		s.publish(old, next, late)
		requireErr(t, r, "late", jwks.ErrNotFound)
		requireKey(t, r, late)
	})
	run("keys that a refresh brought spend nothing", func(t *testing.T, r *jwks.Remote, s *server) {
		s.publish(old, next)
		time.Sleep(22 * time.Hour)
		requireKey(t, r, old)
		synctest.Wait()
		late := ecKey("late")
		s.publish(old, next, late)
		requireKey(t, r, late)
	})
	run("an issuer whose servers disagree is not flooded for it", func(t *testing.T, r *jwks.Remote, s *server) {
		asked := 0
		s.on(keysURL, func(*http.Request) reply { // alternately one key and the other
			asked++
			return reply{body: setOf([]testKey{old, next}[asked%2])}
		})
		for i := range 600 {
			_, _ = r.Keys(t.Context(), fmt.Sprint("random ", i))
			_, _ = r.Keys(t.Context(), []string{"old", "next"}[i%2])
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, s.count(), 1+600/30+600/60)
	})
}

// adversary is a caller who sends kids that are never published, or published
// later, once a second.
type adversary struct {
	sends   func(tick int) []string
	fetches int           // at most, in a minute
	refused time.Duration // at most, from the publication of a new key to its acceptance
}

// goneToo is a kid that is longer than what is shown of one.
var goneToo = strings.Repeat("gone", 100)

// adversaries is every way to spend the budget that is known.
func adversaries() map[string]adversary {
	random := func(perSecond, repeat int) func(int) []string {
		return func(tick int) (kids []string) {
			for i := range perSecond {
				kids = append(kids, fmt.Sprint("random ", tick, " ", i/repeat))
			}
			return kids
		}
	}
	const interval = 30 * time.Second
	return map[string]adversary{
		"none":                       {random(0, 1), 0, 0},
		"random 10/s":                {random(10, 1), 2, time.Second},
		"random 200/s":               {random(200, 1), 2, 2 * time.Second},
		"random 2000/s":              {random(2000, 1), 2, interval},
		"sends each kid twice":       {random(10, 2), 3, interval},
		"sends each kid twice 200/s": {random(200, 2), 3, interval},
		"one kid for ever":           {func(int) []string { return []string{"x"} }, 1, 0},
		"300 kids in turn":           {func(i int) []string { return []string{fmt.Sprint("k", i%300)} }, 2, time.Second},
		"nine, then a pause": {func(i int) []string {
			if i%40 < 9 {
				return []string{fmt.Sprint("p", i)}
			}
			return nil
		}, 2, time.Second},
		"replays withdrawn kids":                          {func(int) []string { return []string{"gone 0", "gone 1", goneToo} }, 1, 0},
		"asks for the next kid before it is published":    {func(int) []string { return []string{"b"} }, 1, 2 * interval},
		"the same, hidden among random ones":              {func(i int) []string { return append(random(10, 1)(i), "b") }, 2, 2 * interval},
		"the same, hidden among kids that are sent twice": {func(i int) []string { return append(random(10, 2)(i), "b") }, 3, 2 * interval},
	}
}

// lives sends for ten minutes and some, publishes a key, and returns the
// requests that were made until then and how long the key was refused.
func (a adversary) lives(t *testing.T, offset int) (fetches int, refused time.Duration) {
	old, next := edKey("a"), edKey("b")
	s := newServer()
	s.publish(old, edKey("gone 0"), edKey("gone 1"), edKey(goneToo))
	r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
	requireKey(t, r, old)
	s.publish(old)
	time.Sleep(22 * time.Hour) // then the refresh takes the withdrawn keys away
	requireKey(t, r, old)
	synctest.Wait()
	before, tick := s.count(), 0
	send := func() {
		for _, kid := range a.sends(tick) {
			_, _ = r.Keys(t.Context(), kid)
		}
		tick++
	}
	for range 600 + 7*offset {
		send()
		time.Sleep(time.Second)
	}
	fetches = s.count() - before
	s.publish(old, next)
	for start := time.Now(); ; time.Sleep(time.Second) {
		send()
		if _, err := r.Keys(t.Context(), "b"); err == nil {
			return fetches, time.Since(start)
		}
	}
}

func TestAdversaries(t *testing.T) {
	t.Parallel()
	for name, a := range adversaries() {
		t.Run("C_9111-kid-1 "+name, func(t *testing.T) {
			t.Parallel()
			var worst adversary
			for offset := range 6 { // into the intervals
				synctest.Test(t, func(t *testing.T) {
					fetches, refused := a.lives(t, offset)
					minutes := 11 + 7*offset/60
					assert.LessOrEqual(t, fetches, a.fetches*minutes+1)
					assert.LessOrEqual(t, refused, a.refused)
					worst.refused, worst.fetches = max(worst.refused, refused), max(worst.fetches, fetches/minutes)
				})
			}
			t.Logf("a new key is refused for %v; %d requests a minute", worst.refused, worst.fetches)
		})
	}
}

// The kids are kept in a table of fixed size, no matter what is sent.
func TestBudgetMemoryIsBounded(t *testing.T) {
	var before, after runtime.MemStats
	r := warmBench(t, 1)
	flood := func(name string) {
		for i := range 100_000 {
			_, _ = r.Keys(t.Context(), fmt.Sprint(name, i))
		}
	}
	flood("first")
	runtime.GC()
	runtime.ReadMemStats(&before)
	flood("second")
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(256<<10))
	runtime.KeepAlive(r)
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
