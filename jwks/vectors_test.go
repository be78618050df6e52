package jwks_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	published "github.com/postern-go/postern/internal/check/conformance/vectors"
	"github.com/postern-go/postern/jwks"
)

// keyVector is a group of Wycheproof's json_web_key: a set and what is to be
// verified with it. The latter is for the tests of package token.
type keyVector struct {
	Comment         string
	Public, Private json.RawMessage
	Tests           []struct {
		ID     int `json:"tcId"`
		Result string
	}
}

func (v keyVector) set() []byte {
	if v.Public != nil {
		return v.Public
	}
	return v.Private
}

// judgements are what ParseSet makes of each key of each set, by the number of
// the set's first vector. nil: the key is used.
var judgements = map[int][]error{
	1:  {jwks.ErrKeySymmetric, nil},
	2:  {jwks.ErrKeySymmetric, jwks.ErrKeySymmetric},
	4:  {jwks.ErrKeySymmetric, jwks.ErrKeySymmetric},
	5:  {nil},
	6:  {jwks.ErrKeyUse},
	7:  {jwks.ErrKeyWeak}, // ROCA
	8:  {jwks.ErrKeyWeak}, // 1024 bits
	9:  {jwks.ErrKeyWeak}, // e = 1
	10: {jwks.ErrKeySymmetric},
	11: {jwks.ErrKeySymmetric},
	12: {jwks.ErrKeySymmetric},
	13: {jwks.ErrKeySymmetric},
	14: {jwks.ErrKeySymmetric},
	15: {jwks.ErrKeySymmetric},
	16: {jwks.ErrKeySymmetric}, // a secret of no bytes
	17: {jwks.ErrKeySymmetric},
	18: {jwks.ErrKeySymmetric},
	19: {jwks.ErrKeyAlgorithm}, // ES521 does not exist
	20: {jwks.ErrKeyAlgorithm}, // nor does ES224
	21: {jwks.ErrKeyUse},
	22: {jwks.ErrKeyMalformed}, // not on the curve
	23: {jwks.ErrKeyAlgorithm}, // ES256 on P-384
	24: {jwks.ErrKeyAlgorithm}, // ES256 for RSA
	25: {jwks.ErrKeySymmetric},
	26: {jwks.ErrKeySymmetric},
}

func TestWycheproofJSONWebKey(t *testing.T) {
	t.Parallel()
	var file struct {
		NumberOfTests int
		TestGroups    []keyVector
	}
	published.ReadWycheproof(t, "json_web_key_test.json", &file)
	require.Equal(t, 26, file.NumberOfTests, "the numbers above are of the pinned version")
	require.Len(t, file.TestGroups, len(judgements))
	for _, v := range file.TestGroups {
		t.Run(fmt.Sprintf("%d %s", v.Tests[0].ID, v.Comment), func(t *testing.T) {
			t.Parallel()
			want, known := judgements[v.Tests[0].ID]
			require.True(t, known)
			requireJudged(t, v.set(), want)
		})
	}
}

// requireJudged checks each key of a set by itself, and that the whole set
// comes to the same.
func requireJudged(t *testing.T, set []byte, want []error) {
	t.Helper()
	var split struct{ Keys []json.RawMessage }
	require.NoError(t, json.Unmarshal(set, &split))
	require.Len(t, split.Keys, len(want))
	used := 0
	for i, key := range split.Keys {
		got, err := jwks.ParseSet(fmt.Appendf(nil, `{"keys":[%s]}`, key))
		require.NoError(t, err)
		if want[i] == nil {
			used++
			require.Len(t, got.Keys, 1, "key %d: %v", i, got.Skipped)
			continue
		}
		require.Empty(t, got.Keys, "key %d", i)
		require.Equal(t, want[i], got.Skipped[0].Reason, "key %d", i)
	}
	whole, err := jwks.ParseSet(set)
	require.NoError(t, err)
	require.Len(t, whole.Keys, used)
	require.Len(t, whole.Skipped, len(want)-used)
}
