package jwks_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
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

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

// brokenAnswers are what an issuer in trouble sends instead of its keys.
func brokenAnswers() map[string]func(*http.Request) reply {
	always := func(r reply) func(*http.Request) reply { return func(*http.Request) reply { return r } }
	private := ecKey("p")
	return map[string]func(*http.Request) reply{
		"connection refused":          always(reply{err: errDown}),
		"HTML with 200":               always(reply{body: "<!doctype html><html>Sign in</html>", header: map[string]string{"Content-Type": "text/html"}}),
		"C_7517-5-4 empty set":        always(reply{body: `{"keys":[]}`}),
		"C_7517-5-2 error object":     always(reply{body: `{"error":"temporarily_unavailable"}`}),
		"C_7517-5-2 empty object":     always(reply{body: `{}`}),
		"C_7517-5-2 keys null":        always(reply{body: `{"keys":null}`}),
		"C_7517-5-2 array":            always(reply{body: `[]`}),
		"nothing":                     always(reply{}),
		"truncated":                   always(reply{body: setOf(ecKey("x"))[:50]}),
		"trailing bytes":              always(reply{body: setOf(ecKey("x")) + "x"}),
		"only an unknown key":         always(reply{body: rawSet(`{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}`)}),
		"only a weak key":             always(reply{body: rawSet(`{"kty":"RSA","n":"u1fa","e":"AQAB"}`)}),
		"only a private key":          always(reply{body: setOf(private.with("d", private.jwk["x"]))}),
		"only a symmetric key":        always(reply{body: rawSet(`{"kty":"oct","kid":"s","k":"c2VjcmV0"}`)}),
		"500 with a set":              always(reply{status: 500, body: setOf(ecKey("x"))}),
		"204":                         always(reply{status: 204}),
		"206":                         always(reply{status: 206, body: setOf(ecKey("x"))}),
		"304 to a plain GET":          always(reply{status: 304}),
		"302":                         always(reply{status: 302, header: map[string]string{"Location": "https://evil.example.com/keys"}}),
		"64 MiB":                      func(*http.Request) reply { return reply{stream: &noise{}} },
		"a set longer than the limit": always(reply{body: setOf(ecKey("x")) + strings.Repeat(" ", 512<<10)}),
		"gzip bomb":                   always(reply{body: gzipped(strings.Repeat(" ", 64<<20)), header: map[string]string{"Content-Encoding": "gzip"}}),
		"hang":                        always(reply{hang: true}),
		"hang after the headers":      always(reply{hangBody: true}),
		"repeated member":             always(reply{body: `{"keys":[` + ecKey("x").json() + `],"keys":[]}`}),
		"deep nesting":                always(reply{body: `{"keys":[` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]}`}),
	}
}

func TestBrokenAnswersWipeNothing(t *testing.T) {
	t.Parallel()
	for name, broken := range brokenAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.publish(k)
				r := newRemote(t, s, nil)
				requireKey(t, r, k)
				s.on(keysURL, broken)
				for range 60 {
					time.Sleep(time.Minute)
					requireKey(t, r, k)
				}
				synctest.Wait()
				status := r.Status()
				require.Error(t, status.LastError)
				require.Equal(t, jwks.StateStale, status.State)
				s.publish(k)
				time.Sleep(10 * time.Minute)
				requireKey(t, r, k)
				synctest.Wait()
				require.Equal(t, jwks.StateFresh, r.Status().State)
				require.NoError(t, r.Status().LastError)
			})
		})
	}
}

func TestBrokenFirstAnswersAreAnOutage(t *testing.T) {
	t.Parallel()
	for name, broken := range brokenAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.on(keysURL, broken)
				r := newRemote(t, s, nil)
				requireErr(t, r, "k", jwks.ErrUnavailable)
				requireErr(t, r, "", jwks.ErrUnavailable)
				require.NotErrorIs(t, r.Ready(t.Context()), jwks.ErrNotFound)
				s.publish(k)
				time.Sleep(2 * time.Second)
				requireKey(t, r, k)
			})
		})
	}
}

func TestTooLargeIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, body := newServer(), &noise{}
		s.serve(keysURL, reply{stream: body})
		requireErr(t, newRemote(t, s, nil), "k", jwks.ErrTooLarge)
		assert.LessOrEqual(t, body.read, 1<<20)
	})
}

func TestC_9111_4_2_4_1(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"Cache-Control": "max-age=600, must-revalidate"}})
		var stale []time.Duration
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Trace = &jwks.Trace{Stale: func(age time.Duration) { stale = append(stale, age) }}
		})
		requireKey(t, r, k)
		s.serve(keysURL, reply{err: errDown})

		time.Sleep(time.Hour)
		requireKey(t, r, k)
		require.NoError(t, r.Ready(t.Context()))
		require.Equal(t, jwks.StateStale, r.Status().State, "C_9111-4.2.4-1 visible")
		_, err := r.Keys(t.Context(), "unknown")
		require.Error(t, err)
		require.Equal(t, []time.Duration{time.Hour, time.Hour}, stale, "nothing stale was handed out")

		time.Sleep(23*time.Hour - time.Second)
		requireKey(t, r, k)
		time.Sleep(time.Second)
		requireErr(t, r, "k", jwks.ErrUnavailable)
		require.ErrorIs(t, r.Ready(t.Context()), jwks.ErrUnavailable)
		require.Equal(t, jwks.StateEmpty, r.Status().State)
		require.Len(t, stale, 3)
		synctest.Wait()
	})
}

// Once the issuer is known to hang, no call waits for it again: attempts are made
// beside the calls.
func TestNobodyWaitsInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k)
		r := newRemote(t, s, nil)
		requireKey(t, r, k)
		s.serve(keysURL, reply{hang: true})
		for range 4 * 3600 {
			time.Sleep(time.Second)
			begin := time.Now()
			requireKey(t, r, k)
			require.Zero(t, time.Since(begin))
		}
		require.Greater(t, s.count(), 4*60/10, "attempts go on")
		next := ecKey("next")
		s.publish(next)
		for range 5 * 60 {
			time.Sleep(time.Second)
			_, _ = r.Keys(t.Context(), "k")
		}
		requireKey(t, r, next)
		require.Equal(t, jwks.StateFresh, r.Status().State)
		time.Sleep(5 * time.Second)
	})
}

func TestStaleForIsConfigurable(t *testing.T) {
	t.Parallel()
	for stale, usable := range map[time.Duration]time.Duration{
		-1: 15 * time.Minute, time.Minute: 15 * time.Minute, time.Hour: time.Hour, 0: 24 * time.Hour, 72 * time.Hour: 72 * time.Hour,
	} {
		t.Run(stale.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.publish(k)
				r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.StaleFor = stale })
				requireKey(t, r, k)
				s.serve(keysURL, reply{err: errDown})
				time.Sleep(usable - time.Second)
				requireKey(t, r, k)
				time.Sleep(time.Second)
				requireErr(t, r, "k", jwks.ErrUnavailable)
			})
		})
	}
}

func TestT_26_UnknownKidInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k)
		r := newRemote(t, s, nil)
		requireKey(t, r, k)
		s.serve(keysURL, reply{err: errDown})
		for range 60 { // the first minute: it may be a key just published
			requireErr(t, r, "next", jwks.ErrUnavailable)
			time.Sleep(time.Second)
		}
		for i := range 3600 { // then garbage is told from a key that calls wait for
			requireErr(t, r, fmt.Sprint("random ", i), jwks.ErrNotFound)
			requireErr(t, r, "next", jwks.ErrUnavailable)
			requireKey(t, r, k)
			time.Sleep(time.Second)
		}
		next := ecKey("next")
		s.publish(k, next)
		time.Sleep(10 * time.Second) // and a key of the outage is found soon
		requireKey(t, r, next)
	})
}

// A failure of long ago says nothing of when this outage began.
func TestT_26_NewsOfAFailureGrowsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"Cache-Control": "max-age=36000"}})
		r := newRemote(t, s, nil)
		requireKey(t, r, k)
		s.serve(keysURL, reply{err: errDown})
		time.Sleep(9 * time.Hour)
		requireKey(t, r, k) // the refresh ahead fails
		synctest.Wait()
		require.Equal(t, 1, r.Status().Failures)
		time.Sleep(30 * time.Minute)
		requireErr(t, r, "next", jwks.ErrUnavailable)
		require.Equal(t, 1, r.Status().Failures)
		require.Equal(t, time.Now(), r.Status().FailingSince)
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	t.Run("C_9111-jit-1 doubles from 1 s to 10 s", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, reply{err: errDown})
			r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return 1 } })
			for range 60 * 60 {
				requireErr(t, r, "k", jwks.ErrUnavailable)
				time.Sleep(time.Second)
			}
			var waits []float64
			for i, q := range s.seen()[1:] {
				waits = append(waits, q.at.Sub(s.seen()[i].at).Seconds())
			}
			require.Equal(t, []float64{1, 2, 4, 8, 10, 10, 10}, waits[:7])
		})
	})
	t.Run("C_9111-jit-1 stays at 10 s however long it lasts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, reply{err: errDown})
			r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return 1 } })
			for n := range 100 {
				require.Error(t, r.Ready(t.Context()))
				require.Equal(t, n+1, r.Status().Failures)
				wait := time.Until(r.Status().NextRefresh)
				if n >= 4 {
					require.Equal(t, 10*time.Second, wait)
				}
				time.Sleep(wait)
			}
		})
	})
	t.Run("C_9111-jit-1 runs from the start of an attempt that hung", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, reply{hang: true})
			r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return 1 } })
			for range 10 {
				require.Error(t, r.Ready(t.Context()))
				time.Sleep(time.Until(r.Status().NextRefresh))
			}
			seen := s.seen()
			require.Equal(t, 5*time.Second+100*time.Millisecond, seen[1].at.Sub(seen[0].at), "no busy loop")
			require.Equal(t, 10*time.Second, seen[9].at.Sub(seen[8].at))
		})
	})
	t.Run("C_9111-jit-1 has jitter", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, reply{err: errDown})
			var jitter float64
			r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return jitter } })
			for _, j := range []float64{0.25, 0.5, 0} {
				jitter = j
				require.Error(t, r.Ready(t.Context()))
				time.Sleep(time.Until(r.Status().NextRefresh))
			}
			q := s.seen()
			require.Equal(t, 625*time.Millisecond, q[1].at.Sub(q[0].at))
			require.Equal(t, 1500*time.Millisecond, q[2].at.Sub(q[1].at))
			require.Equal(t, 2*time.Second, time.Since(q[2].at))
		})
	})
	t.Run("attempts never pile up", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, k := newServer(), ecKey("k")
			s.publish(k)
			r := newRemote(t, s, nil)
			requireKey(t, r, k)
			var flying, most int
			var mu sync.Mutex
			s.on(keysURL, func(q *http.Request) reply {
				mu.Lock()
				flying++
				most = max(most, flying)
				mu.Unlock()
				<-q.Context().Done()
				mu.Lock()
				flying--
				mu.Unlock()
				return reply{err: errDown}
			})
			for i := range 4 * 3600 {
				time.Sleep(time.Second)
				ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
				_, _ = r.Keys(ctx, "k")
				_, _ = r.Keys(ctx, fmt.Sprint("random ", i))
				cancel()
			}
			require.Equal(t, 1, most)
			require.Less(t, s.count(), 4*3600/30+4*3600/300)
			time.Sleep(time.Minute)
		})
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	tests := map[string]struct {
		status int
		value  func() string
		cold   time.Duration // until the next attempt of a service without keys
		warm   time.Duration // and of one whose keys serve
	}{
		"C_9111-jit-1 429 seconds":  {429, func() string { return "120" }, 10 * time.Second, 2 * time.Minute},
		"C_9111-jit-1 503 seconds":  {503, func() string { return "120" }, 10 * time.Second, 2 * time.Minute},
		"C_9111-jit-1 few seconds":  {503, func() string { return "7" }, 7 * time.Second, time.Minute},
		"503 date":                  {503, func() string { return in(2 * time.Minute) }, 10 * time.Second, 2 * time.Minute},
		"C_9111-jit-1 at most 10 m": {503, func() string { return "86400" }, 10 * time.Second, 10 * time.Minute},
		"date long ahead":           {503, func() string { return in(1000 * time.Hour) }, 10 * time.Second, 10 * time.Minute},
		"overflow":                  {503, func() string { return strings.Repeat("9", 40) }, 10 * time.Second, 10 * time.Minute},
		"shorter than the backoff":  {503, func() string { return "0" }, time.Second, time.Minute},
		"date gone by":              {503, func() string { return in(-time.Hour) }, time.Second, time.Minute},
		"nonsense":                  {503, func() string { return "soon" }, time.Second, time.Minute},
		"negative":                  {503, func() string { return "-5" }, time.Second, time.Minute},
		"500":                       {500, func() string { return "120" }, time.Second, time.Minute},
	}
	late := func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { return 1 } }
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				busy := reply{status: test.status, header: map[string]string{"Retry-After": test.value()}}
				s.serve(keysURL, busy)
				r := newRemote(t, s, late)
				requireErr(t, r, "k", jwks.ErrStatus)
				s.publish(k)
				time.Sleep(test.cold - time.Millisecond)
				requireErr(t, r, "k", jwks.ErrUnavailable)
				require.Equal(t, 1, s.count())
				time.Sleep(time.Millisecond)
				requireKey(t, r, k)

				time.Sleep(14 * time.Minute)
				busy.header = map[string]string{"Retry-After": test.value()}
				s.serve(keysURL, busy)
				requireKey(t, r, k)
				synctest.Wait()
				require.InDelta(t, test.warm.Seconds(), time.Until(r.Status().NextRefresh).Seconds(), 1)
			})
		})
	}
}

// A clock that jumps makes every set too old by the time it is fetched. One call
// costs the issuer a few requests all the same, and is told which field to mend.
func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.publish(edKey("a"))
		var days atomic.Int64
		start := time.Now()
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Time = func() time.Time { return start.AddDate(0, 0, 30*int(days.Add(1))) }
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := r.Keys(ctx, "a")
		assert.ErrorIs(t, err, jwks.ErrUnavailable)
		assert.NoError(t, ctx.Err())
		assert.Equal(t, 2, s.count())
		assert.Contains(t, err.Error(), "RemoteConfig.Time")
	})
}
