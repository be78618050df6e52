package jwks_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin, half := time.Now(), func() float64 { return 0.5 }
		s, k, weak := newServer(), ecKey("k"), ecKey("weak").with("use", "enc")
		r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Issuer, c.Jitter = "acme.com", half })
		require.Equal(t, jwks.Status{State: jwks.StateEmpty, Issuer: "acme.com"}, r.Status())

		s.publish(k, weak)
		requireKey(t, r, k)
		fresh := jwks.Status{
			State: jwks.StateFresh, Issuer: "acme.com", URL: keysURL, KeyIDs: []string{"k"},
			Skipped:     []jwks.Skipped{{ID: "weak", Reason: jwks.ErrKeyUse, Detail: `use is "enc"`}},
			LastSuccess: begin, LastChange: begin, NextRefresh: begin.Add(10*time.Minute + 30*time.Second),
			Expires: begin.Add(15 * time.Minute), UsableUntil: begin.Add(24 * time.Hour),
		}
		require.Equal(t, fresh, r.Status())

		s.serve(keysURL, reply{err: errDown})
		time.Sleep(13 * time.Minute)
		requireKey(t, r, k)
		synctest.Wait()
		failing := r.Status()
		require.ErrorIs(t, failing.LastError, errDown)
		require.Equal(t, jwks.StateFresh, failing.State)
		require.Equal(t, 1, failing.Failures)
		require.Equal(t, time.Now(), failing.FailingSince)
		require.Equal(t, time.Now().Add(90*time.Second), failing.NextRefresh)
		require.Equal(t, begin, failing.LastSuccess)

		time.Sleep(90 * time.Second)
		requireKey(t, r, k)
		synctest.Wait()
		require.Equal(t, 2, r.Status().Failures)
		require.Equal(t, time.Now().Add(-90*time.Second), r.Status().FailingSince)
		require.Equal(t, time.Now().Add(7*time.Minute+30*time.Second), r.Status().NextRefresh)

		time.Sleep(time.Minute)
		require.Equal(t, jwks.StateStale, r.Status().State)
		time.Sleep(time.Hour)
		require.Equal(t, jwks.StateExpired, r.Status().State, "there was no call for an hour")
		time.Sleep(24 * time.Hour)
		require.Equal(t, jwks.StateEmpty, r.Status().State)
		requireErr(t, r, "k", jwks.ErrUnavailable)
		require.Equal(t, time.Now().Add(750*time.Millisecond), r.Status().NextRefresh, "nothing serves")
		time.Sleep(750 * time.Millisecond)

		s.publish(k)
		requireKey(t, r, k)
		back := r.Status()
		require.NoError(t, back.LastError)
		require.Zero(t, back.Failures)
		require.Zero(t, back.FailingSince)
		require.Equal(t, begin, back.LastChange, "the same keys as ever")
		require.Equal(t, time.Now(), back.LastSuccess)

		s.publish(k, ecKey("next"))
		time.Sleep(15 * time.Minute)
		requireKey(t, r, k)
		require.Equal(t, time.Now(), r.Status().LastChange)
		require.Equal(t, []string{"k", "next"}, r.Status().KeyIDs)

		s.publish(ecKey("k"), ecKey("next"))
		time.Sleep(15 * time.Minute)
		require.NoError(t, r.Ready(t.Context()))
		require.Equal(t, time.Now(), r.Status().LastChange, "other keys under the same ids")
	})
}

func TestStatusAsJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC)
	b, err := json.Marshal(jwks.Status{
		State: jwks.StateStale, Issuer: issuerURL, URL: keysURL, KeyIDs: []string{"k"},
		Skipped:     []jwks.Skipped{{ID: "weak", Reason: jwks.ErrKeyWeak, Detail: "n has 1024 bits"}},
		LastSuccess: at, LastError: errDown, FailingSince: at, Failures: 2, BudgetSpentUntil: at,
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"state": "stale", "issuer": "https://as.example.com", "url": "https://as.example.com/keys",
		"key_ids": ["k"], "skipped": [{"kid": "weak", "reason": "jwks: weak key", "detail": "n has 1024 bits"}],
		"last_success": "2025-07-01T12:00:00Z", "budget_spent_until": "2025-07-01T12:00:00Z", "last_error": "connection refused",
		"failing_since": "2025-07-01T12:00:00Z", "failures": 2
	}`, string(b))
	b, err = json.Marshal(jwks.Status{State: jwks.StateEmpty})
	require.NoError(t, err)
	assert.JSONEq(t, `{"state": "empty", "key_ids": []}`, string(b))
}

// An operator sees that strangers with invented kids have spent the budget.
func TestStatusOfTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		r := newRemote(t, s, nil)
		s.publish(k)
		requireKey(t, r, k)
		require.Zero(t, r.Status().BudgetSpentUntil)
		begin := time.Now()
		_, err := r.Keys(t.Context(), "invented")
		require.ErrorIs(t, err, jwks.ErrNotFound)
		require.Equal(t, begin.Add(30*time.Second), r.Status().BudgetSpentUntil)
		time.Sleep(30*time.Second - 1)
		require.NotZero(t, r.Status().BudgetSpentUntil)
		time.Sleep(time.Nanosecond)
		require.Zero(t, r.Status().BudgetSpentUntil)
	})
}

// A status belongs to its reader.
func TestStatusIsACopy(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k, ecKey("weak").with("use", "enc"))
	r := newRemote(t, s, nil)
	requireKey(t, r, k)
	status := r.Status()
	status.KeyIDs[0], status.Skipped[0].ID = "x", "x"
	requireKey(t, r, k)
	require.Equal(t, []string{"k"}, r.Status().KeyIDs)
	require.Equal(t, "weak", r.Status().Skipped[0].ID)
}
