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
	run("C_9111-kid-1 costs at most three requests in five seconds", func(t *testing.T) {
		f := newFlooded(t, old, time.Millisecond)
		f.flood(5 * time.Second)
		assert.LessOrEqual(t, f.count()-1, 3)
		f.publish(old, next)
		published := time.Now()
		f.refused("next", 10*time.Millisecond)
		assert.LessOrEqual(t, time.Since(published), 100*time.Millisecond)
	})
	run("C_9111-kid-1 costs one request an interval", func(t *testing.T) {
		f := newFlooded(t, old, time.Second)
		f.flood(20 * time.Minute)
		for i, q := range f.seen()[2:] {
			require.Equal(t, 30*time.Second, q.at.Sub(f.seen()[i+1].at))
		}
	})
	for _, every := range []time.Duration{time.Second, 50 * time.Millisecond, 5 * time.Millisecond} {
		run(fmt.Sprint("the second call by a new key is served, garbage every ", every), func(t *testing.T) {
			f := newFlooded(t, old, every)
			f.flood(time.Minute + 40*time.Second)
			f.publish(old, next)
			assert.LessOrEqual(t, f.refused("next", every), 1)
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
	run("too dense to recognize a kid: until the end of the interval", func(t *testing.T) {
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
}

func TestFloodInAnOutage(t *testing.T) {
	t.Parallel()
	old, next := ecKey("old"), ecKey("next")
	run := func(name string, test func(t *testing.T, f *flooded)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFlooded(t, old, time.Second)
				f.flood(10 * time.Minute)
				f.serve(keysURL, reply{err: errDown})
				test(t, f)
			})
		})
	}
	run("costs as little", func(t *testing.T, f *flooded) {
		before := f.count()
		f.flood(time.Hour)
		assert.LessOrEqual(t, f.count()-before, 3600/60+1)
	})
	run("does not look like an outage after a minute", func(t *testing.T, f *flooded) {
		f.flood(2 * time.Minute)
		for i := range 3600 {
			requireErr(t, f, fmt.Sprint("garbage ", i), jwks.ErrNotFound)
			time.Sleep(time.Second)
		}
	})
	run("keeps a new key out no longer than the backoff", func(t *testing.T, f *flooded) {
		f.flood(time.Hour)
		requireErr(t, f, "next", jwks.ErrNotFound)
		for range 60 {
			requireErr(t, f, "next", jwks.ErrUnavailable)
			f.flood(time.Second)
		}
		f.publish(old, next)
		back := time.Now()
		f.refused("next", 100*time.Millisecond)
		assert.LessOrEqual(t, time.Since(back), 10*time.Second)
	})
	run("a kid looked for before waits two intervals", func(t *testing.T, f *flooded) {
		f.publish(old)
		time.Sleep(time.Minute)
		requireErr(t, f, "dead", jwks.ErrNotFound)
		f.serve(keysURL, reply{err: errDown})
		time.Sleep(time.Minute)
		before := f.count()
		requireErr(t, f, "dead", jwks.ErrUnavailable)
		require.Equal(t, before+1, f.count(), "nothing said that the issuer is down")
		for range 4 * 60 {
			_, _ = f.Keys(t.Context(), "dead")
			time.Sleep(time.Second)
		}
		require.Equal(t, before+4, f.count())
		requireErr(t, f, "dead", jwks.ErrNotFound)
	})
}
