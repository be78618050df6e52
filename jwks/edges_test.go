package jwks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// These are the cases at the edge of a condition. Each would come out otherwise if the condition were off by one or not there.

func TestEdgesOfKeyIDs(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]error{1: nil, 4096: nil, 4097: jwks.ErrKeyMalformed} {
		assert.Equal(t, want, judge(t, ecKey("k").with("kid", strings.Repeat("k", length))), "%d bytes", length)
	}
	for length, shown := range map[int]int{127: 127, 128: 128, 129: 128, 4096: 128} {
		set, err := jwks.ParseSet([]byte(setOf(ecKey("k").with("kid", strings.Repeat("k", length)).with("use", "enc"))))
		require.NoError(t, err)
		assert.Len(t, set.Skipped[0].ID, shown, "%d bytes", length)
	}
}

// An exponent has one spelling, as everything else has.
func TestSpellingsOfAnExponent(t *testing.T) {
	t.Parallel()
	for exponent, want := range map[string]error{
		"AQAB": nil, "AQAB=": jwks.ErrKeyMalformed, "AQAB==": jwks.ErrKeyMalformed, "AQAB\n": jwks.ErrKeyMalformed, "AQAB ": jwks.ErrKeyMalformed,
		"AQABA": jwks.ErrKeyMalformed, "Aw": nil, "Ax": jwks.ErrKeyMalformed, "Aw==": jwks.ErrKeyMalformed, "AAEAAQ": nil, "AAEAAR": jwks.ErrKeyMalformed,
	} {
		assert.Equal(t, want, judge(t, rsaKey("k").with("e", exponent)), "%q", exponent)
	}
}

// What is wrong with a key is said, also of those beyond the hundredth.
func TestReasonsBeyondTheLimit(t *testing.T) {
	t.Parallel()
	elements := make([]string, 0, 103)
	for range 100 {
		elements = append(elements, ecKey("k").json())
	}
	set, err := jwks.ParseSet([]byte(rawSet(append(elements, `{"kty":"oct","k":"AA"}`, ecKey("late").json(), `1`)...)))
	require.NoError(t, err)
	require.Len(t, set.Keys, 100)
	assert.Equal(t, []jwks.Skipped{{Reason: jwks.ErrKeySymmetric}, {ID: "late", Reason: jwks.ErrKeyLimit}, {Reason: jwks.ErrKeyMalformed}}, withoutDetail(set.Skipped))
}

// Members beside keys are passed over, of any kind.
func TestOtherMembersOfASet(t *testing.T) {
	t.Parallel()
	k := ecKey("k")
	keys := `"keys":[` + k.json() + `]`
	for _, set := range []string{
		`{"a":1,` + keys + `}`, `{` + keys + `,"a":1}`, `{"a":"keys",` + keys + `}`, `{` + keys + `,"a":"keys"}`,
		`{"a":null,"b":{"keys":[1]},` + keys + `,"c":[{"keys":[]},[]],"d":"","e":true}`,
		`{"":{},` + keys + `}`, `{"Keys":[],` + keys + `,"KEYS":{}}`,
	} {
		parsed, err := jwks.ParseSet([]byte(set))
		if assert.NoError(t, err, set) && assert.Len(t, parsed.Keys, 1, set) {
			requireSame(t, k, parsed.Keys[0])
			assert.Empty(t, parsed.Skipped)
		}
	}
}

// The larger of two ages counts: no key lives longer because the machine slept
// or its clock was set back.
func TestClocksThatDisagree(t *testing.T) {
	t.Parallel()
	const ahead = 10 * time.Minute
	for name, c := range map[string]struct {
		monotonic, wall time.Duration
		want            bool
	}{
		"none":                     {0, 0, true},
		"the last moment":          {ahead - 1, ahead - 1, true},
		"over":                     {ahead, ahead, false},
		"over by the wall":         {ahead - 1, ahead, false},
		"over by the other":        {ahead, ahead - 1, false},
		"the machine slept":        {0, time.Hour, false},
		"the clock was set back":   {20 * time.Minute, 0, false},
		"a time in the future":     {-1, -1, false},
		"set back before the time": {time.Minute, -time.Hour, false},
	} {
		assert.Equal(t, c.want, jwks.Fresh(c.monotonic, c.wall, ahead), name)
	}
}

// The same numbers under another name, or for another algorithm, are another key.
func TestChangesOfAKey(t *testing.T) {
	t.Parallel()
	k := ecKey("k")
	for name, c := range map[string]struct {
		after          testKey
		added, removed []string
	}{
		"the same":  {k, nil, nil},
		"renamed":   {k.with("kid", "other"), []string{"other"}, []string{"k"}},
		"for ES256": {k.with("alg", "ES256"), []string{"k"}, []string{"k"}},
	} {
		s := newServer()
		s.publish(k)
		var last jwks.Refresh
		r := newRemote(t, s, func(c *jwks.RemoteConfig) { c.Trace = &jwks.Trace{Refresh: func(e jwks.Refresh) { last = e }} })
		requireKey(t, r, k)
		s.publish(c.after)
		requireErr(t, r, "unknown", jwks.ErrNotFound)
		require.Equal(t, jwks.CauseUnknownKey, last.Cause, name)
		assert.Equal(t, c.added, last.Added, name)
		assert.Equal(t, c.removed, last.Removed, name)
	}
}
