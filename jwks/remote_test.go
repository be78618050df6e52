package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func TestRemoteMakesNoRequestUntilUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		r := newRemote(t, s, nil)
		time.Sleep(48 * time.Hour)
		assert.Equal(t, jwks.StateEmpty, r.Status().State)
		assert.Zero(t, s.count())
	})
}

func TestRemoteFetchesOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.serve(keysURL, reply{body: setOf(k), delay: 200 * time.Millisecond})
		r := newRemote(t, s, nil)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { requireKey(t, r, k) })
		}
		wg.Wait()
		assert.Equal(t, 1, s.count())
	})
}

func TestRemoteWarmSetIsUsedWithoutRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k, ecKey("other"))
		r := newRemote(t, s, nil)
		require.NoError(t, r.Ready(t.Context()))
		for range 1000 {
			requireKey(t, r, k)
			all, err := r.Keys(t.Context(), "")
			require.NoError(t, err)
			require.Len(t, all, 2)
		}
		assert.Equal(t, 1, s.count())
	})
}

func TestRemoteNoWorkBetweenFetches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.publish(ecKey("k"))
		r := newRemote(t, s, nil)
		require.NoError(t, r.Ready(t.Context()))
		synctest.Wait()
		before := s.count()
		time.Sleep(12 * time.Hour) // no call: nothing is fetched
		assert.Equal(t, before, s.count())
	})
}

func TestC_9111_ctx_1(t *testing.T) {
	t.Parallel()
	t.Run("C_9111-ctx-1 the first waiter leaves, the second is served", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, k := newServer(), ecKey("k")
			s.serve(keysURL, reply{body: setOf(k), delay: 200 * time.Millisecond})
			r := newRemote(t, s, nil)
			begin := time.Now()
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
				defer cancel()
				_, err := r.Keys(ctx, "k")
				assert.ErrorIs(t, err, jwks.ErrUnavailable)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, 10*time.Millisecond, time.Since(begin))
			}()
			time.Sleep(time.Millisecond)
			requireKey(t, r, k)
			assert.Equal(t, 200*time.Millisecond, time.Since(begin))
			assert.Equal(t, 1, s.count())
		})
	})
	t.Run("C_9111-ctx-1 a fetch does not outlive its timeout", func(t *testing.T) {
		t.Parallel()
		for name, stuck := range map[string]reply{"before": {hang: true}, "after the headers": {hangBody: true}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newServer()
					s.serve(keysURL, stuck)
					r := newRemote(t, s, nil)
					begin := time.Now()
					_, err := r.Keys(t.Context(), "k")
					require.ErrorIs(t, err, jwks.ErrUnavailable)
					require.ErrorIs(t, err, jwks.ErrTimeout)
					require.NotErrorIs(t, err, context.DeadlineExceeded, "no deadline of the caller has passed")
					require.Equal(t, 5*time.Second, time.Since(begin))
				})
			})
		}
	})
}

func TestRemoteCallerAlreadyGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k)
		r := newRemote(t, s, nil)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := r.Keys(gone, "k")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		keys, err := r.Keys(gone, "k") // keys held are no matter of waiting
		require.NoError(t, err)
		require.Len(t, keys, 1)
		require.Equal(t, 1, s.count())
	})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	t.Run("announced ahead, it is held before it signs", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, old, next := newServer(), ecKey("old"), ecKey("next")
			s.publish(old)
			r := newRemote(t, s, nil)
			requireKey(t, r, old)
			s.publish(old, next)
			for range 15 {
				time.Sleep(time.Minute)
				requireKey(t, r, old)
			}
			synctest.Wait()
			s.serve(keysURL, reply{err: errDown}) // next must be there by now
			requireKey(t, r, next)
			assert.Equal(t, 2, s.count())
		})
	})
	t.Run("unannounced, the call that meets it waits for one shared fetch", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, old, next := newServer(), ecKey("old"), ecKey("next")
			s.publish(old)
			r := newRemote(t, s, nil)
			requireKey(t, r, old)
			s.serve(keysURL, reply{body: setOf(old, next), delay: 100 * time.Millisecond})
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() { requireKey(t, r, next) })
				wg.Go(func() {
					begin := time.Now()
					requireKey(t, r, old)
					assert.Zero(t, time.Since(begin), "a known key does not wait")
				})
			}
			wg.Wait()
			assert.Equal(t, 2, s.count())
		})
	})
	t.Run("same kid with a new key is noticed within the lifetime", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, old, next := newServer(), ecKey("k"), ecKey("k")
			s.publish(old)
			r := newRemote(t, s, nil)
			requireKey(t, r, old)
			s.publish(next)
			time.Sleep(15 * time.Minute)
			requireKey(t, r, next)
		})
	})
	t.Run("a key published while a fetch is under way is fetched again", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, old, next := newServer(), ecKey("old"), ecKey("next")
			s.serve(keysURL, reply{body: setOf(old), delay: 100 * time.Millisecond})
			r := newRemote(t, s, nil)
			go r.Ready(context.Background())
			time.Sleep(50 * time.Millisecond)
			s.publish(old, next) // the answer on its way does not have it
			requireKey(t, r, next)
			assert.Equal(t, 2, s.count())
		})
	})
}

func TestWithdrawnKeysDie(t *testing.T) {
	t.Parallel()
	t.Run("within the lifetime, in use", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, old, next := newServer(), ecKey("old"), ecKey("next")
			s.publish(old, next)
			r := newRemote(t, s, nil)
			requireKey(t, r, old)
			s.publish(next)
			for range 15 * 60 {
				time.Sleep(time.Second)
				requireKey(t, r, next)
			}
			requireErr(t, r, "old", jwks.ErrNotFound)
		})
	})
	t.Run("after a pause, before anything else is answered", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, old, next := newServer(), ecKey("old"), ecKey("next")
			s.publish(old, next)
			r := newRemote(t, s, nil)
			requireKey(t, r, old)
			s.publish(next)
			time.Sleep(10 * time.Hour)
			requireErr(t, r, "old", jwks.ErrNotFound)
			assert.Equal(t, 2, s.count())
		})
	})
	t.Run("after a pause that began with a failure", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, old, next := newServer(), ecKey("old"), ecKey("next")
			s.publish(old, next)
			r := newRemote(t, s, nil)
			requireKey(t, r, old)
			s.serve(keysURL, reply{err: errDown})
			time.Sleep(14 * time.Minute)
			requireKey(t, r, old) // refresh ahead fails
			synctest.Wait()
			require.Equal(t, 2, s.count())
			s.publish(next)
			time.Sleep(10 * time.Hour)
			requireErr(t, r, "old", jwks.ErrNotFound)
		})
	})
	t.Run("error answers do not extend it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, k := newServer(), ecKey("k")
			s.publish(k)
			r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.StaleFor = -1 })
			requireKey(t, r, k)
			s.serve(keysURL, reply{status: 500, header: map[string]string{"Cache-Control": "max-age=86400"}})
			time.Sleep(14 * time.Minute)
			requireKey(t, r, k)
			time.Sleep(time.Minute)
			requireErr(t, r, "k", jwks.ErrUnavailable)
		})
	})
}

func TestRefreshAheadDriftsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k)
		replicas := make([]*jwks.Remote, 200)
		for i := range replicas {
			replicas[i] = newRemote(t, s, nil)
			requireKey(t, replicas[i], k)
		}
		begin := time.Now()
		for range 15 * 60 {
			time.Sleep(time.Second)
			for _, r := range replicas {
				_, err := r.Keys(t.Context(), "k")
				require.NoError(t, err)
			}
		}
		synctest.Wait()
		perMinute := map[int]int{}
		refreshes := s.seen()[200:]
		require.Len(t, refreshes, 200)
		for _, q := range refreshes {
			share := q.at.Sub(begin).Seconds() / (15 * 60)
			require.InDelta(t, 0.7, share, 0.202)
			perMinute[int(q.at.Sub(begin).Minutes())]++
		}
		for minute, count := range perMinute {
			assert.Less(t, count, 200/3, "minute %d: %v", minute, perMinute) // a sixth and the luck of the draw
		}
	})
}

func TestJitterIsTakenFromTheConfig(t *testing.T) {
	t.Parallel()
	for jitter, ahead := range map[float64]time.Duration{
		0: 450 * time.Second, 0.5: 630 * time.Second, 1: 810 * time.Second, -5: 450 * time.Second, 7: 810 * time.Second,
	} {
		t.Run(fmt.Sprint(jitter), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.publish(ecKey("k"))
				r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return jitter } })
				require.NoError(t, r.Ready(t.Context()))
				status := r.Status()
				require.Equal(t, ahead, status.NextRefresh.Sub(status.LastSuccess).Round(time.Millisecond))
			})
		})
	}
}

func TestFetchesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k)
		r := newRemote(t, s, nil)
		requireKey(t, r, k)
		s.serve(keysURL, reply{hang: true})
		time.Sleep(14 * time.Minute) // due, and the refresh will hang
		for range 100 {
			begin := time.Now()
			requireKey(t, r, k)
			require.Zero(t, time.Since(begin))
			time.Sleep(10 * time.Millisecond)
		}
		require.Equal(t, 2, s.count())
		time.Sleep(5 * time.Second)
	})
}

func TestClock(t *testing.T) {
	t.Parallel()
	t.Run("one that was set back does not keep old keys alive", func(t *testing.T) {
		t.Parallel()
		s, k := newServer(), ecKey("k")
		s.publish(k)
		var now atomic.Int64
		now.Store(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC).Unix())
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Time = func() time.Time { return time.Unix(now.Load(), 0) }
		})
		requireKey(t, r, k)
		now.Add(-3600)
		s.publish(ecKey("next"))
		requireErr(t, r, "k", jwks.ErrNotFound)
		require.Equal(t, 2, s.count())
	})
	t.Run("one that was set back does not block the budget", func(t *testing.T) {
		t.Parallel()
		s, k, next := newServer(), ecKey("k"), ecKey("next")
		s.publish(k)
		var now atomic.Int64
		now.Store(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC).Unix())
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Time = func() time.Time { return time.Unix(now.Load(), 0) }
		})
		requireKey(t, r, k)
		requireErr(t, r, "garbage", jwks.ErrNotFound) // spends the budget
		require.Equal(t, 2, s.count())
		now.Add(-3600)
		requireKey(t, r, k)
		requireErr(t, r, "more garbage", jwks.ErrNotFound)
		s.publish(k, next)
		now.Add(30)
		requireKey(t, r, next)
	})
	t.Run("one that races keeps no call forever", func(t *testing.T) {
		t.Parallel()
		for _, pace := range []time.Duration{10 * time.Minute, 2 * time.Hour} {
			s, k := newServer(), ecKey("k")
			s.publish(k)
			var calls atomic.Int64
			r := newRemote(t, s, func(c *jwks.RemoteConfig) {
				c.Time = func() time.Time { return time.Unix(0, 0).Add(time.Duration(calls.Add(1)) * pace) }
			})
			requireKey(t, r, k)
			requireErr(t, r, "unknown", jwks.ErrNotFound)
			s.serve(keysURL, reply{err: errDown})
			calls.Add(1000)
			before := s.count()
			requireErr(t, r, "k", jwks.ErrUnavailable)
			require.LessOrEqual(t, s.count()-before, 2)
		}
	})
	t.Run("one that jumps ahead only costs a fetch", func(t *testing.T) {
		t.Parallel()
		s, k := newServer(), ecKey("k")
		s.publish(k)
		var now atomic.Int64
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Time = func() time.Time { return time.Unix(now.Load(), 0) }
		})
		requireKey(t, r, k)
		now.Store(1_700_000_000)
		requireKey(t, r, k)
		requireKey(t, r, k)
		require.Equal(t, 2, s.count())
	})
	t.Run("one that jumps ahead at the end of a fetch costs another", func(t *testing.T) {
		t.Parallel()
		s, k := newServer(), ecKey("k")
		s.publish(k)
		var now atomic.Int64
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Time = func() time.Time { return time.Unix(now.Load(), 0) }
			c.Trace = &jwks.Trace{Refresh: func(jwks.Refresh) { now.CompareAndSwap(0, 1_700_000_000) }}
		})
		requireKey(t, r, k)
		require.Equal(t, 2, s.count())
	})
}

// A call that decides to fetch on what it saw before another's fetch ended must
// look again instead. The clock is what runs in between.
func TestNoFetchOnWhatIsNoLongerTrue(t *testing.T) {
	t.Parallel()
	for _, kid := range []string{"k", "other"} {
		t.Run(kid, func(t *testing.T) {
			t.Parallel()
			s := newServer()
			s.publish(ecKey("k"), ecKey("other"))
			var r *jwks.Remote
			var calls atomic.Int64
			r = newRemote(t, s, func(c *jwks.RemoteConfig) {
				c.Time = func() time.Time {
					if calls.Add(1) == 1 {
						require.NoError(t, r.Ready(context.Background()))
					}
					return time.Now()
				}
			})
			_, err := r.Keys(t.Context(), kid)
			require.NoError(t, err)
			require.Equal(t, 1, s.count())
		})
	}
}

// A panic on the goroutine of a fetch would end the process, and one that was
// swallowed without a trace would leave every caller waiting.
func TestPanicsAreContained(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*http.Request) reply{
		"panic":          func(*http.Request) reply { panic("boom") },
		"panic with nil": func(*http.Request) reply { panic(nil) },
		"Goexit":         func(*http.Request) reply { runtime.Goexit(); return reply{} },
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.on(keysURL, f)
				r := newRemote(t, s, nil)
				requireErr(t, r, "k", jwks.ErrPanic)
				requireErr(t, r, "k", jwks.ErrUnavailable)
				s.publish(k)
				time.Sleep(time.Second)
				requireKey(t, r, k)
			})
		})
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.serve(keysURL, reply{err: errDown})
		r := newRemote(t, s, nil)
		err := r.Ready(t.Context())
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorIs(t, err, errDown)
		require.False(t, errors.Is(err, jwks.ErrNotFound))
		s.publish(ecKey("k"))
		time.Sleep(time.Second)
		require.NoError(t, r.Ready(t.Context()))
		require.Equal(t, 2, s.count())
	})
}

func TestStatic(t *testing.T) {
	t.Parallel()
	a, b, c := jwks.Key{ID: "a"}, jwks.Key{ID: "b", Algorithm: "ES256"}, jwks.Key{ID: "b", Algorithm: "RS256"}
	source := jwks.Static{a, b, c}
	for kid, want := range map[string][]jwks.Key{"a": {a}, "b": {b, c}, "": {a, b, c}} {
		keys, err := source.Keys(t.Context(), kid)
		require.NoError(t, err)
		require.Equal(t, want, keys)
	}
	requireErr(t, source, "other", jwks.ErrNotFound)
	requireErr(t, jwks.Static{}, "", jwks.ErrNotFound)
	requireErr(t, jwks.Static(nil), "a", jwks.ErrNotFound)
}
