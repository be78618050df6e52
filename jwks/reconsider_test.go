package jwks_test

import (
	"context"
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

// suspicious is a caller for whom a signature verified under none of seen.
type suspicious struct {
	*jwks.Remote
	*server
	t    *testing.T
	seen []jwks.Key
}

func newSuspicious(t *testing.T, held ...testKey) *suspicious {
	t.Helper()
	s := newServer()
	s.publish(held...)
	r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.DefaultLifetime = 24 * time.Hour })
	seen, err := r.Keys(t.Context(), held[0].id)
	require.NoError(t, err)
	return &suspicious{r, s, t, seen}
}

// finds asserts what Reconsider returns and how many requests were made in all.
func (s *suspicious) finds(want *testKey, requests int) {
	s.t.Helper()
	keys, err := s.Reconsider(s.t.Context(), s.seen[0].ID, s.seen)
	require.NoError(s.t, err)
	if want == nil {
		require.Nil(s.t, keys)
	} else {
		require.Len(s.t, keys, 1)
		requireSame(s.t, *want, keys[0])
	}
	require.Equal(s.t, requests, s.count())
}

func TestReconsider(t *testing.T) {
	t.Parallel()
	old, replaced, other := ecKey("k"), ecKey("k"), ecKey("other")
	run := func(name string, test func(t *testing.T, s *suspicious)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, newSuspicious(t, old)) })
		})
	}
	run("C_9111-kid-2 a key replaced under its kid is found by the first call", func(t *testing.T, s *suspicious) {
		s.publish(replaced, other)
		s.finds(&replaced, 2)
		s.finds(&replaced, 2)
		requireKey(t, s, replaced)
	})
	run("C_9111-kid-2 bad signatures cost one fetch a minute", func(t *testing.T, s *suspicious) {
		for i := range 600 {
			s.finds(nil, 2+i/60)
			time.Sleep(time.Second)
		}
	})
	run("C_9111-kid-2 as many a minute for all kids together", func(t *testing.T, s *suspicious) {
		s.finds(nil, 2)
		keys, err := s.Reconsider(t.Context(), "", s.seen)
		require.NoError(t, err)
		require.Nil(t, keys)
		require.Equal(t, 2, s.count())
	})
	run("so a key replaced right after one is found in a minute", func(t *testing.T, s *suspicious) {
		s.finds(nil, 2)
		s.publish(replaced)
		time.Sleep(time.Minute - time.Millisecond)
		s.finds(nil, 2)
		time.Sleep(time.Millisecond)
		s.finds(&replaced, 3)
	})
	run("a key that another fetch brought costs none", func(t *testing.T, s *suspicious) {
		s.publish(replaced, other)
		requireKey(t, s, other)
		s.finds(&replaced, 2)
	})
	run("one key more under the kid is another answer", func(t *testing.T, s *suspicious) {
		s.publish(old, replaced)
		keys, err := s.Reconsider(t.Context(), "k", s.seen)
		require.NoError(t, err)
		require.Len(t, keys, 2)
	})
	run("a key that went leaves nothing to try", func(t *testing.T, s *suspicious) {
		s.publish(other)
		s.finds(nil, 2)
		requireErr(t, s, "k", jwks.ErrNotFound)
	})
	run("an outage is no news, and costs an attempt a minute", func(t *testing.T, s *suspicious) {
		s.serve(keysURL, reply{err: errDown})
		for i := range 600 {
			s.finds(nil, 2+i/60)
			requireKey(t, s, old)
			time.Sleep(time.Second)
		}
	})
	run("the backoff holds it back", func(t *testing.T, s *suspicious) {
		s.serve(keysURL, reply{status: 503, header: map[string]string{"Retry-After": "5"}})
		requireErr(t, s, "unknown", jwks.ErrUnavailable)
		s.finds(nil, 2)
		time.Sleep(5 * time.Second)
		s.finds(nil, 3)
	})
	run("keys past their use are not returned", func(t *testing.T, s *suspicious) {
		s.publish(replaced)
		s.finds(&replaced, 2)
		s.serve(keysURL, reply{err: errDown})
		time.Sleep(24 * time.Hour)
		s.finds(nil, 3)
	})
	run("it spends nothing that an unknown kid needs", func(t *testing.T, s *suspicious) {
		s.finds(nil, 2)
		s.publish(old, other)
		requireKey(t, s, other)
	})
	run("caches are asked to revalidate", func(t *testing.T, s *suspicious) {
		s.finds(nil, 2)
		require.Equal(t, "no-cache", s.last().header.Get("Cache-Control"))
	})
	run("with nothing seen, all that is held is new", func(t *testing.T, s *suspicious) {
		keys, err := s.Reconsider(t.Context(), "k", nil)
		require.NoError(t, err)
		require.Len(t, keys, 1)
		keys, err = s.Reconsider(t.Context(), "unknown", nil)
		require.NoError(t, err)
		require.Nil(t, keys)
	})
	run("the interval counts if it is longer", func(t *testing.T, s *suspicious) {
		r := newRemote(t, s.server, func(c *jwks.RemoteConfig) { c.RefetchInterval = 10 * time.Minute })
		seen, err := r.Keys(t.Context(), "k")
		require.NoError(t, err)
		for range 600 {
			_, err := r.Reconsider(t.Context(), "k", seen)
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		require.Equal(t, 3, s.count(), "one of the first Remote, one of the second, one more")
	})
}

// Calls that come during a fetch wait for it, no matter what caused it.
func TestReconsiderIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old, replaced := ecKey("k"), ecKey("k")
		s := newSuspicious(t, old)
		s.serve(keysURL, reply{body: setOf(replaced), delay: time.Second})
		var wg sync.WaitGroup
		var found atomic.Int32
		for i := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 9 * time.Millisecond)
				keys, err := s.Reconsider(context.Background(), "k", s.seen)
				assert.NoError(t, err)
				found.Add(int32(len(keys)))
			})
		}
		wg.Wait()
		require.EqualValues(t, 100, found.Load())
		require.Equal(t, 2, s.count())
	})
}

// A fetch that began before the key was replaced does not tell, so that another
// follows it.
func TestReconsiderLooksAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old, replaced := ecKey("k"), ecKey("k")
		s := newSuspicious(t, old)
		first := true
		s.on(keysURL, func(*http.Request) reply {
			if first {
				first = false
				return reply{body: setOf(old), delay: time.Second}
			}
			return reply{body: setOf(replaced)}
		})
		go s.Keys(context.Background(), "unknown")
		time.Sleep(time.Millisecond)
		s.finds(&replaced, 3)
	})
}

func TestReconsiderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSuspicious(t, ecKey("k"))
		s.serve(keysURL, reply{hang: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := s.Reconsider(ctx, "k", s.seen)
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Minute)
	})
}

// Keys without kid are all that a token with one can mean.
func TestSetWithoutKids(t *testing.T) {
	t.Parallel()
	a, b := ecKey("").with("kid", nil), ecKey("").with("kid", nil)
	tests := map[string]struct {
		set  []testKey
		keys int // found under a kid that no key has
	}{
		"no key has one": {[]testKey{a, b}, 2},
		"one key, none":  {[]testKey{a}, 1},
		"one has one":    {[]testKey{a, ecKey("k")}, 0},
		"all have one":   {[]testKey{ecKey("k"), ecKey("l")}, 0},
	}
	for name, test := range tests {
		t.Run("C_7517-4.5-1 "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.publish(test.set...)
				r := newRemote(t, s, nil)
				all, err := r.Keys(t.Context(), "")
				require.NoError(t, err)
				require.Len(t, all, len(test.set))
				for source, of := range map[string]jwks.Source{"Remote": r, "Static": jwks.Static(all)} {
					keys, err := of.Keys(t.Context(), "some kid")
					require.Len(t, keys, test.keys, source)
					require.Equal(t, test.keys == 0, err != nil, source)
				}
				if test.keys > 0 {
					require.Equal(t, 1, s.count(), "no fetch")
				}
			})
		})
	}
}
