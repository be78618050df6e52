package introspect_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// inTime runs each test in a bubble with a clock of its own.
func inTime(t *testing.T, tests map[string]func(*testing.T)) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test)
		})
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	inTime(t, map[string]func(*testing.T){
		"C_7662-4-3 a revoked token lives for 30 seconds": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			time.Sleep(10 * time.Second)
			i.set(always(ok(`{"active":false}`)))
			time.Sleep(19999 * time.Millisecond)
			got, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			assert.True(t, got.Remembered())
			assert.False(t, got.Fresh())
			assert.Equal(t, 1, i.asked())
			time.Sleep(time.Millisecond)
			_, err = judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrInactive)
		},
		"C_7662-4-3 the time counts from the question": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil)), delay: 2 * time.Second}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			time.Sleep(28 * time.Second)
			_, err = judge(t, a, "opaque-1")
			require.NoError(t, err)
			assert.Equal(t, 2, i.asked())
		},
		"C_7662-4-3 a bad token is asked about again after 10 seconds": func(t *testing.T) {
			i := &issuer{answer: always(ok(`{"active":false}`))}
			a := authenticator(t, i)
			for range 10 {
				_, err := judge(t, a, "opaque-1")
				require.ErrorIs(t, err, token.ErrInactive)
				time.Sleep(time.Second)
			}
			assert.Equal(t, 1, i.asked())
			i.set(always(goodAnswer(nil)))
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
		},
		"C_7662-4-2 nothing is remembered past exp": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(members{"exp": time.Now().Add(5 * time.Second).Unix()}))}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			time.Sleep(6 * time.Second)
			_, err = judge(t, a, "opaque-1")
			require.NoError(t, err, "within the leeway, and the issuer says that it is active")
			assert.Equal(t, 2, i.asked())
		},
		"C_7662-4-3 off": func(t *testing.T) {
			for _, known := range []answer{goodAnswer(nil), ok(`{"active":false}`)} {
				i := &issuer{answer: always(known)}
				a := authenticator(t, i, func(c *introspect.Config) { c.GoodFor, c.BadFor = -1, -1 })
				for range 3 {
					_, _ = judge(t, a, "opaque-1")
				}
				assert.Equal(t, 3, i.asked())
				assert.Zero(t, a.Status().Good+a.Status().Bad)
			}
		},
		"C_7662-4-3 errors are not remembered": func(t *testing.T) {
			i := &issuer{answer: always(answer{status: 500})}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			i.set(always(goodAnswer(nil)))
			_, err = judge(t, a, "opaque-1")
			require.NoError(t, err)
		},
		"a refusal that time will change is not remembered": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(members{"nbf": time.Now().Add(32 * time.Second).Unix()}))}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrNotYetValid)
			time.Sleep(3 * time.Second)
			_, err = judge(t, a, "opaque-1")
			require.NoError(t, err)
		},
		"Forget": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			i.set(always(ok(`{"active":false}`)))
			a.Forget("opaque-1")
			_, err = judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrInactive)
		},
		"a token is another token in another case": func(t *testing.T) {
			i := &issuer{answer: known("opaque-1")}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			_, err = judge(t, a, "Opaque-1")
			require.ErrorIs(t, err, token.ErrInactive)
		},
	})
}

// Garbage has a room of its own: good answers stay, and neither room grows without end.
func TestGarbageEvictsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{answer: known("good")}
		a := authenticator(t, i, func(c *introspect.Config) {
			c.CacheSize, c.BadCacheSize, c.UnknownPerSecond = 64<<10, 64<<10, 10000
		})
		_, err := judge(t, a, "good")
		require.NoError(t, err)
		for n := range 2000 {
			_, err := judge(t, a, fmt.Sprint("bad", n))
			require.ErrorIs(t, err, token.ErrInactive)
		}
		assert.LessOrEqual(t, a.Status().Bad, 64<<10/512)
		before := i.asked()
		_, err = judge(t, a, "good")
		require.NoError(t, err)
		assert.Equal(t, before, i.asked())
	})
}

// The room for good answers is bounded, and tokens in use stay.
func TestRoomIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{answer: always(goodAnswer(nil))}
		a := authenticator(t, i, func(c *introspect.Config) { c.CacheSize = 64 << 10 })
		for n := range 500 {
			_, err := judge(t, a, fmt.Sprint("token", n))
			require.NoError(t, err)
			_, err = judge(t, a, "busy")
			require.NoError(t, err)
		}
		assert.LessOrEqual(t, a.Status().Good, 64<<10/1024)
		assert.Equal(t, 501, i.asked(), "the busy token was asked about once")
	})
}

// A huge answer is used, and not kept.
func TestHugeAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{answer: always(goodAnswer(members{"pad": strings.Repeat("x", 200<<10)}))}
		a := authenticator(t, i, func(c *introspect.Config) { c.CacheSize = 64 << 10 })
		for n := range 3 {
			_, err := judge(t, a, "huge")
			require.NoError(t, err)
			assert.Equal(t, n+1, i.asked())
		}
		assert.Zero(t, a.Status().Good)
	})
}

func TestFlights(t *testing.T) {
	t.Parallel()
	inTime(t, map[string]func(*testing.T){
		"C_7662-4-4 ten thousand callers cause one request": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil)), delay: time.Second}
			a := authenticator(t, i)
			var all sync.WaitGroup
			for range 10_000 {
				all.Go(func() {
					got, err := judge(t, a, "opaque-1")
					assert.NoError(t, err)
					assert.Equal(t, "alice", got.Subject())
				})
			}
			all.Wait()
			assert.Equal(t, 1, i.asked())
		},
		"C_7662-4-4 an answer that came since the caller looked": func(t *testing.T) {
			for _, said := range []answer{goodAnswer(nil), ok(`{"active":false}`)} {
				i := &issuer{answer: always(said)}
				looks, gate := 0, make(chan struct{})
				var armed atomic.Bool
				a := authenticator(t, i, func(c *introspect.Config) {
					c.Time = func() time.Time {
						if armed.Load() {
							if looks++; looks == 2 { // it has looked, and is about to ask
								armed.Store(false)
								<-gate
							}
						}
						return time.Now()
					}
				})
				armed.Store(true)
				var late sync.WaitGroup
				var lateErr error
				late.Go(func() { _, lateErr = judge(t, a, "opaque-1") })
				synctest.Wait()
				_, err := judge(t, a, "opaque-1")
				close(gate)
				late.Wait()
				assert.Equal(t, 1, i.asked())
				assert.Equal(t, token.Reason(err), token.Reason(lateErr))
			}
		},
		"C_7662-4-4 the first caller leaves, the others stay": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil)), delay: time.Second}
			a := authenticator(t, i)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			var all sync.WaitGroup
			all.Go(func() {
				_, err := a.Authenticate(ctx, token.Bearer("opaque-1"))
				assert.ErrorIs(t, err, token.ErrUnavailable)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
			})
			time.Sleep(50 * time.Millisecond)
			all.Go(func() {
				_, err := judge(t, a, "opaque-1")
				assert.NoError(t, err)
			})
			all.Wait()
			assert.Equal(t, 1, i.asked())
		},
		"C_7662-4-4 no more than so many at once": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil)), delay: time.Second}
			a := authenticator(t, i, func(c *introspect.Config) { c.MaxInFlight = 10 })
			var all sync.WaitGroup
			var mu sync.Mutex
			refused := 0
			for n := range 20 {
				all.Go(func() {
					began := time.Now()
					if _, err := judge(t, a, fmt.Sprint("t", n)); err != nil {
						assert.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
						assert.Contains(t, err.Error(), "Config.MaxInFlight")
						assert.Zero(t, time.Since(began), "at once")
						mu.Lock()
						refused++
						mu.Unlock()
					}
				})
			}
			all.Wait()
			assert.Equal(t, 15, refused, "unknown tokens get half of it")
			time.Sleep(40 * time.Second)
			refused = 0
			for n := range 20 { // five of them are known by now
				all.Go(func() {
					if _, err := judge(t, a, fmt.Sprint("t", n)); err != nil {
						mu.Lock()
						refused++
						mu.Unlock()
					}
				})
			}
			all.Wait()
			assert.Equal(t, 10, refused)
		},
	})
}

// C_7662-4-4: the limit holds for tokens that are known too.
func TestKnownTokensAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{answer: always(goodAnswer(nil))}
		a := authenticator(t, i, func(c *introspect.Config) { c.MaxInFlight = 4 })
		for n := range 8 {
			_, err := judge(t, a, fmt.Sprint("t", n))
			require.NoError(t, err)
		}
		time.Sleep(time.Minute)
		i.slow(time.Second)
		var all sync.WaitGroup
		var good atomic.Int32
		for n := range 8 {
			all.Go(func() {
				if _, err := judge(t, a, fmt.Sprint("t", n)); err == nil {
					good.Add(1)
				}
			})
		}
		time.Sleep(500 * time.Millisecond)
		assert.Equal(t, 4, a.Status().InFlight)
		all.Wait()
		assert.EqualValues(t, 4, good.Load())
		assert.Zero(t, a.Status().InFlight)
		for n := range 8 {
			all.Go(func() { _, _ = judge(t, a, fmt.Sprint("new", n)) })
		}
		time.Sleep(500 * time.Millisecond)
		assert.Equal(t, 2, a.Status().InFlight, "strangers get half of it, as before")
		all.Wait()
	})
}

func TestFresh(t *testing.T) {
	t.Parallel()
	fresh := token.Presentation{Token: "opaque-1", Fresh: true}
	inTime(t, map[string]func(*testing.T){
		"a remembered answer is not enough": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			a := authenticator(t, i)
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			got, err := a.Authenticate(t.Context(), fresh)
			require.NoError(t, err)
			assert.True(t, got.Fresh())
			assert.False(t, got.Remembered())
			assert.Equal(t, 2, i.asked())
			i.set(always(ok(`{"active":false}`)))
			_, err = a.Authenticate(t.Context(), fresh)
			require.ErrorIs(t, err, token.ErrInactive)
			_, err = judge(t, a, "opaque-1")
			require.ErrorIs(t, err, token.ErrInactive, "the good answer is forgotten")
			assert.Equal(t, 3, i.asked())
		},
		"nor one that was asked for before": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil)), delay: time.Second}
			a := authenticator(t, i)
			var all sync.WaitGroup
			all.Go(func() { _, _ = judge(t, a, "opaque-1") })
			time.Sleep(500 * time.Millisecond)
			all.Go(func() {
				got, err := judge(t, a, "opaque-1")
				assert.NoError(t, err)
				assert.False(t, got.Fresh(), "it was asked for before")
			})
			for range 100 {
				all.Go(func() {
					began := time.Now()
					got, err := a.Authenticate(t.Context(), fresh)
					assert.NoError(t, err)
					assert.True(t, got.Fresh())
					assert.Equal(t, 1500*time.Millisecond, time.Since(began))
				})
			}
			all.Wait()
			assert.Equal(t, 2, i.asked(), "those that wait share one")
		},
		"nor a stale one": func(t *testing.T) {
			i := &issuer{answer: always(goodAnswer(nil))}
			a := authenticator(t, i, func(c *introspect.Config) { c.StaleFor = 5 * time.Minute })
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			i.set(always(answer{status: 500}))
			_, err = a.Authenticate(t.Context(), fresh)
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		},
	})
}

// What is remembered goes by a hash. Nothing that an Authenticator holds has
// the token in it.
func TestC_9700_4_9_1_MemoryHoldsNoTokens(t *testing.T) {
	t.Parallel()
	const good, bad = "good-8f3a1c", "bad-8f3a1c"
	i := &issuer{answer: known(good)}
	cfg := config(i)
	a, err := introspect.New(cfg)
	require.NoError(t, err)
	_, err = judge(t, a, good)
	require.NoError(t, err)
	_, err = judge(t, a, bad)
	require.ErrorIs(t, err, token.ErrInactive)
	assert.Equal(t, 1, a.Status().Good)
	assert.Equal(t, 1, a.Status().Bad)
	s := search{seen: map[any]bool{}, skip: reflect.TypeFor[*issuer]()}
	s.walk(reflect.ValueOf(a))
	assert.NotContains(t, strings.Join(s.texts, "\n"), "8f3a1c")
	assert.Contains(t, strings.Join(s.texts, "\n"), "photos:read", "the search finds remembered answers")
}

// search collects all texts that can be reached from a value.
type search struct {
	seen  map[any]bool
	skip  reflect.Type
	texts []string
}

func (s *search) walk(v reflect.Value) {
	if !v.IsValid() || v.Type() == s.skip {
		return
	}
	switch v.Kind() {
	case reflect.String:
		s.texts = append(s.texts, v.String())
	case reflect.Pointer:
		if at := v.Pointer(); !v.IsNil() && !s.seen[at] {
			s.seen[at] = true
			s.walk(v.Elem())
		}
	case reflect.Interface:
		s.walk(v.Elem())
	case reflect.Struct:
		if v.Type().PkgPath() == "sync/atomic" && v.NumField() == 3 && v.Type().Field(2).Name == "v" { // an atomic.Pointer
			if v.Field(2).Type().Kind() == reflect.UnsafePointer {
				elem := v.Type().Field(0).Type.Elem().Elem()
				s.walk(reflect.NewAt(elem, v.Field(2).UnsafePointer()))
				return
			}
		}
		for n := range v.NumField() {
			s.walk(v.Field(n))
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			s.texts = append(s.texts, string(v.Bytes()))
			return
		}
		for n := range v.Len() {
			s.walk(v.Index(n))
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			s.walk(entry.Key())
			s.walk(entry.Value())
		}
	}
}
