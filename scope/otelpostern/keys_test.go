package otelpostern_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/scope/otelpostern"
	"github.com/postern-go/postern/token/tokentest"
)

func remote(t *testing.T, s *sdk, name string, issuer *tokentest.Issuer) *jwks.Remote {
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
		s, issuer := newSDK(t, otelpostern.Config{}), tokentest.NewIssuer(t, nil)
		r := remote(t, s, "login", issuer)
		empty := s.collect(t)
		assert.Equal(t, map[string]float64{"{key}{issuer=login}": 0}, named(empty, "postern.jwks.keys", true))
		assert.Empty(t, named(empty, "postern.jwks.age", true), "there is no time yet")

		require.NoError(t, r.Ready(t.Context()))
		time.Sleep(time.Minute)
		all := s.collect(t)
		life := r.Status()
		assert.Equal(t, map[string]float64{"{key}{issuer=login}": 1}, named(all, "postern.jwks.keys", true))
		assert.Equal(t, map[string]float64{"s{issuer=login}": 60}, named(all, "postern.jwks.age", true))
		assert.Equal(t, map[string]float64{"s{issuer=login}": time.Until(life.Expires).Seconds()}, named(all, "postern.jwks.expires_in", true))
		assert.Equal(t, map[string]float64{"s{issuer=login}": time.Until(life.UsableUntil).Seconds()}, named(all, "postern.jwks.usable_for", true))
		assert.Equal(t, map[string]float64{"{refresh}{cause=empty,issuer=login,result=ok}": 1}, named(all, "postern.jwks.refreshes", false))
		fetches := named(all, "postern.jwks.fetches", false)["{fetch}{issuer=login,result=ok}"]
		assert.Positive(t, fetches)
		assert.Equal(t, map[string]float64{"s{issuer=login,result=ok}": fetches}, named(all, "postern.jwks.fetch.duration", true))

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
		assert.Equal(t, map[string]float64{"{call}{issuer=login}": 2}, named(all, "postern.jwks.budget.refusals", true))
		assert.Equal(t, map[string]float64{"{call}{issuer=login}": 3}, named(all, "postern.jwks.stale.calls", true))
		assert.Equal(t, map[string]float64{
			"{refresh}{cause=empty,issuer=login,result=ok}": 1, "{refresh}{cause=unknown_key,issuer=login,result=unchanged}": 1,
			"{refresh}{cause=expired,issuer=login,result=error}": 1,
		}, named(all, "postern.jwks.refreshes", false))
		assert.Positive(t, named(all, "postern.jwks.fetches", false)["{fetch}{issuer=login,result=error}"])
		assert.Negative(t, named(all, "postern.jwks.expires_in", true)["s{issuer=login}"])

		time.Sleep(72 * time.Hour)
		assert.Equal(t, map[string]float64{"{key}{issuer=login}": 0}, named(s.collect(t), "postern.jwks.keys", true), "those held serve no more")
	})
}

func rand() string { return time.Now().String() }

// The hooks translate each event into a closed set.
func TestKeyEvents(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{})
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
		wantSkips["{key}{error.type="+reason+",issuer=login}"] = 1
	}
	all := s.collect(t)
	assert.Equal(t, map[string]float64{
		"{fetch}{issuer=login,result=ok}": 1, "{fetch}{issuer=login,result=unchanged}": 1, "{fetch}{issuer=login,result=error}": 1,
	}, named(all, "postern.jwks.fetches", false))
	assert.Equal(t, map[string]float64{
		"{refresh}{cause=ahead,issuer=login,result=ok}": 1, "{refresh}{cause=bad_signature,issuer=login,result=unchanged}": 1,
		"{refresh}{cause=other,issuer=login,result=error}": 1,
	}, named(all, "postern.jwks.refreshes", false))
	assert.Equal(t, wantSkips, named(all, "postern.jwks.skipped.keys", true))
}

// Of several Remotes with one name, the worst shows.
func TestWatchShowsTheWorst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := tokentest.NewIssuer(t, nil), tokentest.NewIssuer(t, nil)
		s, reverse := newSDK(t, otelpostern.Config{}), newSDK(t, otelpostern.Config{})
		first, second := remote(t, s, "tenants", a), remote(t, s, "tenants", b)
		s.Watch("tenants", nil)
		reverse.Watch("tenants", second)
		reverse.Watch("tenants", first)
		of := func(s *sdk) map[string]float64 {
			all, found := s.collect(t), map[string]float64{}
			for _, name := range []string{"keys", "age", "expires_in", "usable_for"} {
				for _, value := range named(all, "postern.jwks."+name, true) {
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
			"keys": 0, "age": 60, "expires_in": time.Until(oldest.Expires).Seconds(), "usable_for": time.Until(oldest.UsableUntil).Seconds(),
		}
		assert.Equal(t, want, gauges())
		require.NoError(t, second.Ready(t.Context()))
		want["keys"] = 1
		assert.Equal(t, want, gauges())
	})
}
