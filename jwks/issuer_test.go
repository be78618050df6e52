package jwks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// A key that cannot be told to be of an issuer is of none, and serves those all
// the same who do not ask.
func TestIssuerOfAKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("i", 1024)
	for name, c := range map[string]struct {
		member any
		want   string
	}{
		"absent":              {nil, ""},
		"null":                {json.RawMessage("null"), ""},
		"an issuer":           {"https://a.example/1", "https://a.example/1"},
		"a template":          {"https://a.example/{t}/v2", "https://a.example/{t}/v2"},
		"the longest":         {long, long},
		"too long":            {long + "i", "?"},
		"empty":               {"", "?"},
		"a number":            {5, "?"},
		"an array":            {[]string{"https://a.example/1"}, "?"},
		"with a line break":   {"https://a.example/1\n", "?"},
		"with an umlaut":      {"https://ä.example/1", "?"},
		"with an escaped NUL": {"https://a.example/\x00", "?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := jwks.ParseSet([]byte(setOf(ecKey("k").with("issuer", c.member))))
			require.NoError(t, err)
			require.Len(t, set.Keys, 1)
			assert.Equal(t, c.want, set.Keys[0].Issuer)
		})
	}
}

// A replica that starts with a snapshot knows whose keys they are, or else one
// tenant's key would sign for all until the first fetch.
func TestSnapshotKeepsTheIssuerOfAKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hostile = `https://a.example/"},{"kid":"x`
		raw := taken(t, ecKey("mine").with("issuer", "https://a.example/{t}"), rsaKey("odd").with("issuer", hostile),
			edKey("none").with("issuer", 5), edKey("all"))
		down := newServer()
		down.serve(keysURL, reply{err: errDown})
		r, err := started(t, down, raw, nil)
		require.NoError(t, err)
		keys, err := r.Keys(t.Context(), "")
		require.NoError(t, err)
		var issuers []string
		for _, k := range keys {
			issuers = append(issuers, k.Issuer)
		}
		assert.Equal(t, []string{"https://a.example/{t}", hostile, "?", ""}, issuers)
	})
}

// A key that is of another issuer from now on is another key.
func TestIssuerOfAKeyChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var added, removed int
		s, k := newServer(), ecKey("k")
		s.publish(k.with("issuer", "https://a.example"))
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.Trace = &jwks.Trace{Refresh: func(e jwks.Refresh) { added, removed = added+len(e.Added), removed+len(e.Removed) }}
		})
		require.NoError(t, r.Ready(t.Context()))
		seen, err := r.Keys(t.Context(), "k")
		require.NoError(t, err)
		s.publish(k.with("issuer", "https://b.example"))
		time.Sleep(time.Minute)
		again, err := r.Reconsider(t.Context(), "k", seen)
		require.NoError(t, err)
		require.Len(t, again, 1)
		assert.Equal(t, "https://b.example", again[0].Issuer)
		assert.Equal(t, []int{2, 1}, []int{added, removed})
	})
}
