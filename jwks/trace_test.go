package jwks_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// events collects what the hooks say. One flight at a time calls them.
type events struct {
	started   []string
	done      []jwks.FetchDone
	refreshes []jwks.Refresh
	skipped   []jwks.Skipped
}

func (e *events) trace() *jwks.Trace {
	return &jwks.Trace{
		FetchStart: func(url string) { e.started = append(e.started, url) },
		FetchDone:  func(d jwks.FetchDone) { e.done = append(e.done, d) },
		Refresh:    func(r jwks.Refresh) { e.refreshes = append(e.refreshes, r) },
		Skip:       func(s jwks.Skipped) { e.skipped = append(e.skipped, s) },
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var e events
		s, old, next := newServer(), ecKey("old"), ecKey("next")
		private := ecKey("leaked")
		s.serve(keysURL, reply{body: setOf(old, private.with("d", "AA")), delay: time.Second})
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Trace = e.trace()
			c.Jitter = func() float64 { return 1 }
		})
		requireKey(t, r, old)
		require.Equal(t, []string{keysURL}, e.started)
		require.Len(t, e.done, 1)
		require.Equal(t, keysURL, e.done[0].URL)
		require.Equal(t, 200, e.done[0].Status)
		require.Equal(t, time.Second, e.done[0].Duration)
		require.Equal(t, len(setOf(old, private.with("d", "AA"))), e.done[0].Bytes)
		require.NoError(t, e.done[0].Err)
		require.Equal(t, []jwks.Skipped{{ID: "leaked", Reason: jwks.ErrKeyPrivate}}, e.skipped, "C_7517-4.1-2 alarm")
		require.Equal(t, []jwks.Refresh{{Cause: jwks.CauseEmpty, URL: keysURL, Added: []string{"old"}, Lifetime: 15 * time.Minute}}, e.refreshes)

		s.publish(next)
		requireKey(t, r, next)
		require.Equal(t, jwks.Refresh{
			Cause: jwks.CauseUnknownKey, URL: keysURL, Added: []string{"next"}, Removed: []string{"old"}, Lifetime: 15 * time.Minute,
		}, e.refreshes[1])

		s.serve(keysURL, reply{status: 500})
		time.Sleep(14 * time.Minute)
		requireKey(t, r, next)
		synctest.Wait()
		require.Equal(t, 500, e.done[2].Status)
		require.ErrorIs(t, e.done[2].Err, jwks.ErrStatus)
		require.Equal(t, jwks.CauseAhead, e.refreshes[2].Cause)
		require.ErrorIs(t, e.refreshes[2].Err, jwks.ErrStatus)
		require.Equal(t, 1, e.refreshes[2].Failures)
		require.Equal(t, time.Minute, e.refreshes[2].RetryAfter, "the end of the lifetime")

		s.serve(keysURL, reply{body: `{"keys":[{"kty":"oct","kid":"secret"}]}`})
		time.Sleep(2 * time.Minute)
		requireKey(t, r, next)
		synctest.Wait()
		require.ErrorIs(t, e.refreshes[3].Err, jwks.ErrNoKeys)
		require.Equal(t, jwks.CauseExpired, e.refreshes[3].Cause)
		require.Equal(t, jwks.Skipped{ID: "secret", Reason: jwks.ErrKeySymmetric}, e.skipped[len(e.skipped)-1], "reported although the set is refused")
	})
}

// While the issuer is down it is not for want of budget that nothing is fetched.
func TestTraceOfTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		r, s := warm(t, ecKey("k"), func(c *jwks.RemoteConfig) {
			c.Trace = &jwks.Trace{Budget: func() { refused++ }}
			c.Jitter = func() float64 { return 1 }
		})
		requireErr(t, r, "one", jwks.ErrNotFound)
		require.Zero(t, refused)
		requireErr(t, r, "another", jwks.ErrNotFound)
		require.Equal(t, 1, refused)
		time.Sleep(30 * time.Second)
		s.serve(keysURL, reply{err: errDown})
		requireErr(t, r, "a third", jwks.ErrUnavailable)
		requireErr(t, r, "a fourth", jwks.ErrUnavailable)
		require.Equal(t, 1, refused)
	})
}

// Hooks may ask for the status, and an empty Trace is none.
func TestTraceCorners(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	requireKey(t, newRemote(t, s, func(c *jwks.RemoteConfig) { c.Trace = &jwks.Trace{} }), k)

	var r *jwks.Remote
	var seen jwks.State
	r = newRemote(t, s, func(c *jwks.RemoteConfig) {
		c.Trace = &jwks.Trace{Refresh: func(jwks.Refresh) {
			seen = r.Status().State
			_, err := r.Keys(context.Background(), "k")
			assert.NoError(t, err)
		}}
	})
	requireKey(t, r, k)
	require.Equal(t, jwks.StateFresh, seen)
}
