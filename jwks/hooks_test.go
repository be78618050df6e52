package jwks_test

import (
	"errors"
	"math"
	"reflect"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// ends are the ways in which a function of the user's does not return.
var ends = map[string]func(){
	"panic":          func() { panic("boom") },
	"panic with nil": func() { panic(nil) },
	"nil pointer":    func() { var p *int; *p = 1 },
	"Goexit":         runtime.Goexit,
}

// broken is a Trace with one hook that ends so, for every field of Trace.
func broken(field int, end func()) (trace *jwks.Trace, called *atomic.Int64) {
	trace, called = &jwks.Trace{}, &atomic.Int64{}
	hook := reflect.ValueOf(trace).Elem().Field(field)
	hook.Set(reflect.MakeFunc(hook.Type(), func([]reflect.Value) []reflect.Value {
		called.Add(1)
		end()
		return nil
	}))
	return trace, called
}

// aside runs f on a goroutine of its own, which it may end.
func aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		f()
	}()
	<-done
}

// live makes r do everything that has a hook: fetch, skip, refuse for want of
// budget, serve stale keys.
func live(t *testing.T, r *jwks.Remote, s *server, k testKey) {
	_, _ = r.Keys(t.Context(), k.id)
	for _, garbage := range []string{"one", "two", "three"} {
		_, _ = r.Keys(t.Context(), garbage)
	}
	s.serve(keysURL, reply{err: errDown})
	time.Sleep(time.Hour)
	for range 3 {
		_, _ = r.Keys(t.Context(), k.id)
		time.Sleep(10 * time.Minute)
	}
}

func TestHooksEndNothing(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[jwks.Trace]().NumField() {
		name := reflect.TypeFor[jwks.Trace]().Field(field).Name
		for how, end := range ends {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, k := newServer(), ecKey("k")
					s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
					s.publish(k, ecKey("other").with("use", "enc"))
					trace, called := broken(field, end)
					var r *jwks.Remote
					aside(func() {
						r = newRemote(t, s, func(c *jwks.RemoteConfig) {
							discovering(issuerURL)(c)
							c.Trace, c.Snapshot = trace, []byte("{}")
						})
					})
					if r == nil {
						require.Equal(t, "Snapshot Goexit", name+" "+how, "only the goroutine that asked for its end ends")
						return
					}
					aside(func() { live(t, r, s, k) })
					synctest.Wait()
					require.Positive(t, called.Load(), "the hook was not reached")
					require.ErrorIs(t, r.Status().LastPanic, jwks.ErrPanic)
					s.publish(k)
					time.Sleep(time.Hour)
					aside(func() { _ = r.Ready(t.Context()) })
					synctest.Wait()
					if how != "Goexit" {
						requireKey(t, r, k)
						require.NoError(t, r.Status().LastError)
					}
				})
			})
		}
	}
}

// A flight that could not land would be waited for by every call from then on.
func TestClockAndJitterEndNothing(t *testing.T) {
	t.Parallel()
	for how, end := range ends {
		for after := range int64(12) {
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, k := newServer(), ecKey("k")
					s.publish(k)
					var readings atomic.Int64
					r := newRemote(t, s, func(c *jwks.RemoteConfig) {
						c.Time = func() time.Time {
							if readings.Add(1) == after {
								end()
							}
							return time.Now()
						}
					})
					for range 3 {
						aside(func() { _, _ = r.Keys(t.Context(), "k") })
						aside(func() { _, _ = r.Keys(t.Context(), "garbage") })
						time.Sleep(time.Minute)
					}
					readings.Store(after)
					requireKey(t, r, k)
				})
			})
		}
		t.Run("jitter "+how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), ecKey("k")
				s.publish(k)
				r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { end(); return 0 } })
				aside(func() { _ = r.Ready(t.Context()) })
				synctest.Wait()
				require.ErrorIs(t, r.Status().LastPanic, jwks.ErrPanic)
				if how != "Goexit" {
					requireKey(t, r, k)
				}
			})
		})
	}
	t.Run("jitter is no number", func(t *testing.T) {
		t.Parallel()
		s, k := newServer(), ecKey("k")
		s.publish(k)
		r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Jitter = math.NaN })
		requireKey(t, r, k)
		status := r.Status()
		assert.WithinRange(t, status.NextRefresh, status.LastSuccess.Add(time.Minute), status.Expires)
	})
}

// A clock that panics whenever a flight reads it fails the flight, and callers
// hear why.
func TestCrashedFlightSaysWhy(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.publish(ecKey("k"))
	var inFlight, crashes atomic.Int64
	r := newRemote(t, s, func(c *jwks.RemoteConfig) {
		c.Trace = &jwks.Trace{FetchDone: func(jwks.FetchDone) { inFlight.CompareAndSwap(0, 1) }, Refresh: func(e jwks.Refresh) {
			if errors.Is(e.Err, jwks.ErrPanic) {
				crashes.Add(1)
			}
		}}
		c.Time = func() time.Time {
			if inFlight.CompareAndSwap(1, 2) || inFlight.CompareAndSwap(2, 3) {
				panic("boom")
			}
			return time.Now()
		}
	})
	err := r.Ready(t.Context())
	require.ErrorIs(t, err, jwks.ErrUnavailable)
	require.ErrorIs(t, err, jwks.ErrPanic)
	require.Eventually(t, func() bool { return crashes.Load() == 1 }, 10*time.Second, time.Millisecond)
	require.ErrorIs(t, r.Status().LastError, jwks.ErrPanic)
	require.NoError(t, r.Ready(t.Context()))
}

func TestTraceIsCopied(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	trace := &jwks.Trace{}
	r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Trace = trace })
	trace.FetchStart = func(string) { t.Error("a hook that came later") }
	requireKey(t, r, k)
}

// Without a Jitter, numbers are drawn, and nothing has panicked.
func TestNoJitter(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	r := newRemote(t, s, nil)
	requireKey(t, r, k)
	require.NoError(t, r.Status().LastPanic)
}
