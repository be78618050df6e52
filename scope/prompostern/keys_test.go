package prompostern_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token/tokentest"
)

func remote(t *testing.T, s metrics, name string, issuer *tokentest.Issuer) *jwks.Remote {
	t.Helper()
	r, err := jwks.NewRemote(jwks.RemoteConfig{
		Issuer: issuer.Identifier(), HTTPClient: issuer.Client(), Trace: s.Keys(name), Jitter: func() float64 { return 0.5 },
	})
	require.NoError(t, err)
	s.Watch(name, r)
	return r
}

// A day in the life of a key set.
func TestKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, issuer := newMetrics(t), tokentest.NewIssuer(t, nil)
		r := remote(t, s, "login", issuer)
		empty := s.collect(t)
		assert.Equal(t, map[string]float64{"{issuer=login}": 0}, named(empty, "postern_jwks_keys", true))
		assert.Empty(t, named(empty, "postern_jwks_last_success_timestamp_seconds", true), "there is no time yet")

		require.NoError(t, r.Ready(t.Context()))
		time.Sleep(time.Minute)
		all := s.collect(t)
		life := r.Status()
		assert.Equal(t, map[string]float64{"{issuer=login}": 1}, named(all, "postern_jwks_keys", true))
		for name, want := range map[string]time.Time{"last_success": life.LastSuccess, "expiry": life.Expires, "usable_until": life.UsableUntil} {
			got := named(all, "postern_jwks_"+name+"_timestamp_seconds", true)
			assert.Equal(t, map[string]float64{"{issuer=login}": float64(want.UnixMilli()) / 1000}, got)
		}
		assert.Equal(t, map[string]float64{"{cause=empty,issuer=login,result=ok}": 1}, named(all, "postern_jwks_refreshes_total", false))
		fetches := named(all, "postern_jwks_fetches_total", false)["{issuer=login,result=ok}"]
		assert.Positive(t, fetches)
		assert.Equal(t, map[string]float64{"{issuer=login,result=ok}": fetches}, named(all, "postern_jwks_fetch_duration_seconds", true))

		for range 3 {
			_, _ = r.Keys(t.Context(), rand())
		}
		issuer.GoDown()
		time.Sleep(time.Until(life.Expires) + time.Hour)
		for range 3 {
			_, err := r.Keys(t.Context(), issuer.SigningKey().ID)
			require.NoError(t, err)
		}
		all = s.collect(t)
		assert.Equal(t, map[string]float64{"{issuer=login}": 2}, named(all, "postern_jwks_budget_refusals_total", true))
		assert.Equal(t, map[string]float64{"{issuer=login}": 3}, named(all, "postern_jwks_stale_calls_total", true))
		assert.Equal(t, map[string]float64{
			"{cause=empty,issuer=login,result=ok}": 1, "{cause=unknown_key,issuer=login,result=unchanged}": 1,
			"{cause=expired,issuer=login,result=error}": 1,
		}, named(all, "postern_jwks_refreshes_total", false))
		assert.Positive(t, named(all, "postern_jwks_fetches_total", false)["{issuer=login,result=error}"])
		assert.Less(t, named(all, "postern_jwks_expiry_timestamp_seconds", true)["{issuer=login}"], float64(time.Now().Unix()))

		time.Sleep(72 * time.Hour)
		assert.Equal(t, map[string]float64{"{issuer=login}": 0}, named(s.collect(t), "postern_jwks_keys", true), "those held serve no more")
	})
}

func rand() string { return time.Now().String() }

// The hooks translate each event into a closed set.
func TestKeyEvents(t *testing.T) {
	t.Parallel()
	s := newMetrics(t)
	trace := s.Keys("login")
	trace.FetchDone(jwks.FetchDone{Status: 200, Duration: 1})
	trace.FetchDone(jwks.FetchDone{Status: http.StatusNotModified})
	trace.FetchDone(jwks.FetchDone{Status: http.StatusNotModified, Err: errors.New("evil")})
	trace.Refresh(jwks.Refresh{Cause: jwks.CauseAhead, Removed: []string{"evil"}})
	trace.Refresh(jwks.Refresh{Cause: jwks.CauseBadSignature, NotModified: true})
	trace.Refresh(jwks.Refresh{Cause: "evil", Added: []string{"evil"}, Err: errors.New("evil")})
	skips := map[string]error{
		"malformed": jwks.ErrKeyMalformed, "private": jwks.ErrKeyPrivate, "symmetric": jwks.ErrKeySymmetric, "use": jwks.ErrKeyUse,
		"algorithm": jwks.ErrKeyAlgorithm, "weak": jwks.ErrKeyWeak, "unsupported": jwks.ErrKeyUnsupported, "limit": jwks.ErrKeyLimit, "other": errors.New("evil"),
	}
	wantSkips := map[string]float64{}
	for reason, err := range skips {
		trace.Skip(jwks.Skipped{ID: "evil", Detail: "evil", Reason: err})
		wantSkips["{issuer=login,reason="+reason+"}"] = 1
	}
	all := s.collect(t)
	assert.Equal(t, map[string]float64{
		"{issuer=login,result=ok}": 1, "{issuer=login,result=unchanged}": 1, "{issuer=login,result=error}": 1,
	}, named(all, "postern_jwks_fetches_total", false))
	assert.Equal(t, map[string]float64{
		"{cause=ahead,issuer=login,result=ok}": 1, "{cause=bad_signature,issuer=login,result=unchanged}": 1,
		"{cause=other,issuer=login,result=error}": 1,
	}, named(all, "postern_jwks_refreshes_total", false))
	assert.Equal(t, wantSkips, named(all, "postern_jwks_skipped_keys_total", true))
}

// Of several Remotes with one name, the worst shows.
func TestWatchShowsTheWorst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := tokentest.NewIssuer(t, nil), tokentest.NewIssuer(t, nil)
		s, reverse := newMetrics(t), newMetrics(t)
		first, second := remote(t, s, "tenants", a), remote(t, s, "tenants", b)
		s.Watch("tenants", nil)
		reverse.Watch("tenants", second)
		reverse.Watch("tenants", first)
		of := func(m metrics) map[string]float64 {
			all, found := m.collect(t), map[string]float64{}
			for _, name := range []string{"keys", "last_success_timestamp_seconds", "expiry_timestamp_seconds", "usable_until_timestamp_seconds"} {
				for _, value := range named(all, "postern_jwks_"+name, true) {
					found[name] = value
				}
			}
			return found
		}
		gauges := func() map[string]float64 {
			assert.Equal(t, of(s), of(reverse), "in whatever order")
			return of(s)
		}
		assert.Equal(t, map[string]float64{"keys": 0}, gauges())
		require.NoError(t, first.Ready(t.Context()))
		oldest := first.Status()
		time.Sleep(time.Minute)
		want := map[string]float64{
			"keys": 0, "last_success_timestamp_seconds": float64(oldest.LastSuccess.UnixMilli()) / 1000,
			"expiry_timestamp_seconds": float64(oldest.Expires.UnixMilli()) / 1000, "usable_until_timestamp_seconds": float64(oldest.UsableUntil.UnixMilli()) / 1000,
		}
		assert.Equal(t, want, gauges())
		require.NoError(t, second.Ready(t.Context()))
		want["keys"] = 1
		assert.Equal(t, want, gauges())
	})
}
