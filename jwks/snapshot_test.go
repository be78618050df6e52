package jwks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// taken returns a snapshot of a Remote that holds keys with that ETag.
func taken(t *testing.T, keys ...testKey) []byte {
	t.Helper()
	s := newServer()
	s.serve(keysURL, reply{body: setOf(keys...), header: map[string]string{"ETag": `"1"`}})
	r := newRemote(t, s, nil)
	require.NoError(t, r.Ready(t.Context()))
	b, err := r.Snapshot()
	require.NoError(t, err)
	return b
}

// started returns a Remote that begins with a snapshot, and what the hook said
// of that.
func started(t *testing.T, s *server, raw []byte, edit func(*jwks.RemoteConfig)) (*jwks.Remote, error) {
	t.Helper()
	said, calls := error(nil), 0
	r := newRemote(t, s, func(c *jwks.RemoteConfig) {
		c.Snapshot = raw
		c.Trace = &jwks.Trace{Snapshot: func(err error) { said, calls = err, calls+1 }}
		if edit != nil {
			edit(c)
		}
	})
	require.Equal(t, 1, calls)
	return r, said
}

func TestSnapshotServesWhileTheIssuerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		keys := []testKey{ecKey("ec"), edKey("ed").with("alg", "EdDSA"), rsaKey("rsa").with("alg", "PS256"), ecKey("").with("kid", nil)}
		raw := taken(t, keys...)
		down := newServer()
		down.serve(keysURL, reply{err: errDown})
		for _, pause := range []time.Duration{0, 15 * time.Minute, 24*time.Hour - 15*time.Minute - time.Second} {
			time.Sleep(pause)
			r, err := started(t, down, raw, nil)
			require.NoError(t, err)
			requireKey(t, r, keys[0])
			requireKey(t, r, keys[1])
			requireKey(t, r, keys[2])
			all, err := r.Keys(t.Context(), "")
			require.NoError(t, err)
			require.Len(t, all, 4)
			require.Equal(t, "EdDSA", all[1].Algorithm)
			require.Equal(t, "PS256", all[2].Algorithm)
			requireSame(t, keys[3], all[3])
			synctest.Wait()
		}
		time.Sleep(time.Second) // 24 hours old
		r, err := started(t, down, raw, nil)
		require.ErrorIs(t, err, jwks.ErrSnapshot)
		requireErr(t, r, "ec", jwks.ErrUnavailable)
	})
}

func TestSnapshotObeysTheSameBounds(t *testing.T) {
	t.Parallel()
	t.Run("fresh: no request", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k := ecKey("k")
			raw := taken(t, k)
			time.Sleep(10 * time.Minute)
			s := newServer()
			r, err := started(t, s, raw, nil)
			require.NoError(t, err)
			requireKey(t, r, k)
			require.Zero(t, s.count())
			require.Equal(t, jwks.StateFresh, r.Status().State)
			require.Equal(t, time.Now().Add(-10*time.Minute).UTC(), r.Status().LastSuccess.UTC())
		})
	})
	t.Run("expired: the issuer is asked first, conditionally", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			old, next := ecKey("old"), ecKey("next")
			raw := taken(t, old)
			time.Sleep(15 * time.Minute)
			s := newServer()
			s.publish(next)
			r, err := started(t, s, raw, nil)
			require.NoError(t, err)
			require.Equal(t, jwks.StateExpired, r.Status().State)
			requireErr(t, r, "old", jwks.ErrNotFound)
			requireKey(t, r, next)
			require.Equal(t, `"1"`, s.seen()[0].header.Get("If-None-Match"))
		})
	})
	t.Run("lifetimes are clamped by the new config", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			raw := taken(t, ecKey("k"))
			r, err := started(t, newServer(), raw, func(c *jwks.RemoteConfig) { c.MaxLifetime = time.Minute })
			require.NoError(t, err)
			require.Equal(t, time.Minute, r.Status().Expires.Sub(r.Status().LastSuccess))
			long := strings.Replace(string(raw), `"lifetime":900`, `"lifetime":9e300`, 1)
			r, err = started(t, newServer(), []byte(long), nil)
			require.NoError(t, err)
			require.Equal(t, 24*time.Hour, r.Status().Expires.Sub(r.Status().LastSuccess))
			none := strings.Replace(string(raw), `"lifetime":900`, `"lifetime":-5`, 1)
			r, err = started(t, newServer(), []byte(none), nil)
			require.NoError(t, err)
			require.Equal(t, time.Minute, r.Status().Expires.Sub(r.Status().LastSuccess))
		})
	})
	t.Run("stale window of the new config", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			raw := taken(t, ecKey("k"))
			time.Sleep(time.Hour)
			_, err := started(t, newServer(), raw, func(c *jwks.RemoteConfig) { c.StaleFor = time.Hour })
			require.ErrorIs(t, err, jwks.ErrSnapshot)
		})
	})
	t.Run("a snapshot of a snapshot is no younger", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			raw := taken(t, ecKey("k"))
			time.Sleep(10 * time.Minute)
			r, err := started(t, newServer(), raw, nil)
			require.NoError(t, err)
			again, err := r.Snapshot()
			require.NoError(t, err)
			require.JSONEq(t, string(raw), string(again))
		})
	})
}

func TestSnapshotRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		raw := string(taken(t, ecKey("k")))
		edit := func(member string, value any) string {
			var m map[string]any
			require.NoError(t, json.Unmarshal([]byte(raw), &m))
			m[member] = value
			b, err := json.Marshal(m)
			require.NoError(t, err)
			return string(b)
		}
		tests := map[string]string{
			"damaged":            raw[:len(raw)/2],
			"not ours":           setOf(ecKey("k")),
			"from the future":    edit("fetched", time.Now().Add(time.Nanosecond)),
			"far in the future":  edit("fetched", time.Now().Add(100*365*24*time.Hour)),
			"too old":            edit("fetched", time.Now().Add(-24*time.Hour)),
			"before all clocks":  edit("fetched", time.Time{}),
			"without a time":     edit("fetched", nil),
			"of another version": edit("postern_jwks_snapshot", 2),
			"of another issuer":  edit("issuer", "https://evil.example.com"),
			"of another URL":     edit("url", "https://evil.example.com/keys"),
			"of no URL":          edit("url", "http://as.example.com/keys"),
			"without keys":       edit("jwks", map[string]any{"keys": []any{}}),
			"no set":             edit("jwks", "x"),
			"weak keys":          edit("jwks", map[string]any{"keys": []any{map[string]any{"kty": "oct", "k": "AA"}}}),
			"repeated member":    `{"url":"x",` + raw[1:],
			"other case":         strings.Replace(raw, `"fetched"`, `"Fetched"`, 1),
			"too large":          raw + strings.Repeat(" ", 1<<20),
			"of another type":    edit("lifetime", "900"),
			"nested":             `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "," + raw[1:],
		}
		for name, bad := range tests {
			r, err := started(t, newServer(), []byte(bad), nil)
			assert.ErrorIs(t, err, jwks.ErrSnapshot, name)
			assert.Equal(t, jwks.StateEmpty, r.Status().State, name)
		}
		_, err := started(t, newServer(), []byte(raw), nil)
		require.NoError(t, err, "the one they are made from is good")
		_, err = started(t, newServer(), []byte(tests["no set"]), nil)
		require.ErrorIs(t, err, jwks.ErrSet)
	})
}

func TestSnapshotOfDiscoveredKeys(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
	r := newRemote(t, s, discovering(issuerURL))
	requireKey(t, r, k)
	raw, err := r.Snapshot()
	require.NoError(t, err)
	again, err := started(t, newServer(), raw, discovering(issuerURL))
	require.NoError(t, err)
	requireKey(t, again, k)
	_, err = started(t, newServer(), raw, discovering("https://evil.example.com"))
	require.ErrorIs(t, err, jwks.ErrIssuerMismatch)
	plain := strings.Replace(string(raw), keysURL, strings.Replace(keysURL, "https", "http", 1), 1)
	_, err = started(t, newServer(), []byte(plain), discovering(issuerURL))
	require.ErrorIs(t, err, jwks.ErrInsecureURL, "its next refresh would go there")
}

// What else a snapshot takes along: when the keys changed last, and what the
// next request is conditional on.
func TestSnapshotTakesAlong(t *testing.T) {
	t.Parallel()
	const modified = "Sat, 01 Jan 2000 00:00:00 GMT"
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"ETag": `"1"`, "Last-Modified": modified}})
		begin := time.Now()
		first := newRemote(t, s, nil)
		requireKey(t, first, k)
		time.Sleep(15 * time.Minute)
		requireKey(t, first, k) // confirmed, unchanged
		raw, err := first.Snapshot()
		require.NoError(t, err)

		next, err := started(t, s, raw, nil)
		require.NoError(t, err)
		require.True(t, begin.Equal(next.Status().LastChange))
		require.True(t, time.Now().Equal(next.Status().LastSuccess))
		time.Sleep(15 * time.Minute)
		requireKey(t, next, k)
		require.Equal(t, `"1"`, s.last().header.Get("If-None-Match"))
		require.Equal(t, modified, s.last().header.Get("If-Modified-Since"))

		long := strings.NewReplacer(`\"1\"`, `\"`+strings.Repeat("1", 2000)+`\"`, modified, strings.Repeat("2", 2000)).Replace(string(raw))
		next, err = started(t, s, []byte(long), nil)
		require.NoError(t, err)
		requireKey(t, next, k) // expired meanwhile
		require.Empty(t, s.last().header.Get("If-None-Match"), "too long to send")
		require.Empty(t, s.last().header.Get("If-Modified-Since"), "too long to send")
	})
}

// That there is no snapshot is nothing to report.
func TestNoSnapshotIsNoFault(t *testing.T) {
	t.Parallel()
	for _, none := range [][]byte{nil, {}} {
		newRemote(t, newServer(), func(c *jwks.RemoteConfig) {
			c.Snapshot = none
			c.Trace = &jwks.Trace{Snapshot: func(err error) { t.Errorf("reported: %v", err) }}
		})
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		r := newRemote(t, s, nil)
		_, err := r.Snapshot()
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		s.publish(ecKey("k"))
		require.NoError(t, r.Ready(t.Context()))
		time.Sleep(24 * time.Hour)
		_, err = r.Snapshot()
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.Equal(t, 1, s.count())
	})
}

// The time of the last change only informs, so one that cannot be is that of the
// fetch, and the status of it can still be written.
func TestSnapshotWithAnImpossibleChange(t *testing.T) {
	t.Parallel()
	k, now := ecKey("k"), time.Now().UTC().Truncate(time.Second)
	for changed, want := range map[string]time.Time{
		now.Add(-time.Hour).Format(time.RFC3339): now.Add(-time.Hour),
		now.Add(time.Hour).Format(time.RFC3339):  now,
		"0000-01-01T00:00:00+23:00":              now,
	} {
		t.Run(changed, func(t *testing.T) {
			t.Parallel()
			raw := fmt.Sprintf(`{"postern_jwks_snapshot":1,"url":%q,"fetched":%q,"changed":%q,"lifetime":600,"jwks":%s}`,
				keysURL, now.Format(time.RFC3339), changed, setOf(k))
			r := newRemote(t, newServer(), func(c *jwks.RemoteConfig) { c.Snapshot = []byte(raw) })
			requireKey(t, r, k)
			require.WithinDuration(t, want, r.Status().LastChange, 0)
			_, err := json.Marshal(r.Status())
			require.NoError(t, err)
			_, err = r.Snapshot()
			require.NoError(t, err)
		})
	}
}
