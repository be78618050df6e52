package jwks_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// flooded is a Remote under a flood of kids that never come twice.
type flooded struct {
	*jwks.Remote
	*server
	t     *testing.T
	kids  int
	every time.Duration // between two of them
}

// newFlooded returns one whose set is not due to be refreshed for hours.
func newFlooded(t *testing.T, held testKey, every time.Duration) *flooded {
	t.Helper()
	r, s := warm(t, held, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
	return &flooded{Remote: r, server: s, t: t, every: every}
}

// flood goes on for d.
func (f *flooded) flood(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); f.kids++ {
		_, _ = f.Keys(f.t.Context(), fmt.Sprint("random ", f.kids))
		time.Sleep(f.every)
	}
}

// refused calls under kid until it is found, with so much of the flood between
// two calls, and returns how many were refused.
func (f *flooded) refused(kid string, between time.Duration) (n int) {
	for ; ; n++ {
		if _, err := f.Keys(f.t.Context(), kid); err == nil {
			return n
		}
		f.flood(between)
	}
}

func TestFloodOfRandomKids(t *testing.T) {
	t.Parallel()
	old, next := ecKey("old"), ecKey("next")
	run := func(name string, test func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test)
		})
	}
	run("C_9111-kid-1 costs less and less", func(t *testing.T) {
		f := newFlooded(t, old, time.Second)
		f.flood(20 * time.Minute)
		var waits []float64
		for i, q := range f.seen()[2:] {
			waits = append(waits, q.at.Sub(f.seen()[i+1].at).Seconds())
		}
		require.Equal(t, []float64{60, 120, 240, 240, 240}, waits[:5])
	})
	for _, every := range []time.Duration{time.Second, 50 * time.Millisecond, time.Millisecond} {
		run(fmt.Sprint("the second call by a new key is served, garbage every ", every), func(t *testing.T) {
			f := newFlooded(t, old, every)
			f.flood(time.Minute + 40*time.Second)
			f.publish(old, next)
			assert.LessOrEqual(t, f.refused("next", time.Second), 1)
			requireKey(t, f, old)
		})
	}
	run("so are those by the keys after it", func(t *testing.T) {
		f := newFlooded(t, old, time.Second)
		published := []testKey{old}
		for n := range 3 {
			f.flood(5 * time.Minute)
			k := ecKey(fmt.Sprint("rotated ", n))
			published = append(published, k)
			f.publish(published...)
			assert.LessOrEqual(t, f.refused(k.id, time.Second), 1, k.id)
		}
	})
	run("and the flood costs no more for it", func(t *testing.T) {
		f := newFlooded(t, old, time.Second)
		f.flood(10 * time.Minute)
		f.publish(old, next)
		f.refused("next", time.Second)
		before := f.count()
		f.flood(4 * time.Minute)
		assert.LessOrEqual(t, f.count()-before, 1)
	})
	run("the spare is there for a key that meets a spent budget", func(t *testing.T) {
		f := newFlooded(t, old, time.Second)
		f.flood(time.Minute + time.Second) // which has just been spent
		require.Equal(t, 3, f.count())
		f.publish(old, next)
		assert.Equal(t, 1, f.refused("next", time.Second))
	})
	run("too many to tell: until the end of the interval", func(t *testing.T) {
		f := newFlooded(t, old, 500*time.Microsecond)
		f.flood(5 * time.Minute)
		f.publish(old, next)
		published := time.Now()
		f.refused("next", 15*time.Second) // 30000 others between two calls
		assert.LessOrEqual(t, time.Since(published), 45*time.Second)
		assert.LessOrEqual(t, f.count(), 1+345/30+1)
	})
	run("it is over after an interval without one", func(t *testing.T) {
		f := newFlooded(t, old, time.Second)
		f.flood(10 * time.Minute)
		time.Sleep(29 * time.Second)
		f.publish(old, next)
		requireKey(t, f, next) // by the first call
	})
	for strays, fetched := range map[int]bool{7: true, 8: false, 2047: false, 2048: true} {
		run(fmt.Sprintf("%d in an interval and one more, which is fetched: %v", strays, fetched), func(t *testing.T) {
			f := newFlooded(t, old, 30*time.Second/time.Duration(strays)+time.Nanosecond)
			f.flood(30 * time.Second)
			f.publish(old, next)
			require.Equal(t, strays, f.kids)
			require.Equal(t, 2, f.count())
			_, err := f.Keys(t.Context(), "next")
			require.Equal(t, fetched, err == nil)
		})
	}
	run("a few strays are none", func(t *testing.T) {
		f := newFlooded(t, old, 10*time.Second)
		f.flood(70 * time.Second)
		f.publish(old, next)
		time.Sleep(20 * time.Second)
		requireKey(t, f, next)
	})
}

func TestFloodInAnOutage(t *testing.T) {
	t.Parallel()
	old, next := ecKey("old"), ecKey("next")
	t.Run("costs as little", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := newFlooded(t, old, time.Second)
			f.flood(10 * time.Minute)
			f.serve(keysURL, reply{err: errDown})
			before := f.count()
			f.flood(time.Hour)
			assert.LessOrEqual(t, f.count()-before, 3600/240+1)
			assert.GreaterOrEqual(t, f.count()-before, 3600/240-1)
			f.publish(old, next)
			assert.LessOrEqual(t, f.refused("next", 5*time.Second), 6, "one interval of the backoff")
		})
	})
	t.Run("a stray whose fetch fails takes nothing from a key", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := newFlooded(t, old, time.Second)
			f.serve(keysURL, reply{status: 500})
			requireErr(t, f, "stray", jwks.ErrUnavailable)
			f.publish(old, next)
			time.Sleep(time.Second)
			requireKey(t, f, next)
		})
	})
	t.Run("a kid looked for in vain before waits for the refresh", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := newFlooded(t, old, time.Second)
			requireErr(t, f, "dead", jwks.ErrNotFound)
			f.serve(keysURL, reply{err: errDown})
			time.Sleep(time.Minute)
			requireErr(t, f, "dead", jwks.ErrUnavailable)
			require.Equal(t, 3, f.count(), "nothing said that the issuer is down")
			for range 4 * 60 {
				_, _ = f.Keys(t.Context(), "dead")
				time.Sleep(time.Second)
			}
			require.Equal(t, 3, f.count())
			requireErr(t, f, "next", jwks.ErrNotFound)
			require.Equal(t, 4, f.count(), "another kid does not")
		})
	})
}
