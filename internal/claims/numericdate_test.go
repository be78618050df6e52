package claims_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/claims"
)

// Exponents beyond what an integer holds do not come out as small ones.
func TestHugeExponents(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1e18446744073709551617", "1e9223372036854775808", "1e4294967297", "1e99999999999999999999999999999999", "1E+36893488147419103233"} {
		_, _, ok := claims.ParseNumericDate(text)
		assert.False(t, ok, text)
	}
	for _, text := range []string{"1e-18446744073709551617", "1e-99999999999999999999999999999999"} {
		seconds, more, ok := claims.ParseNumericDate(text)
		assert.True(t, ok && more && seconds == 0, text)
	}
}

// FuzzNumericDate holds the exact reader against arithmetic with big.Rat.
func FuzzNumericDate(f *testing.F) {
	for _, s := range []string{"0", "-0", "1700000000", "1.7e9", "1700000000.9", "1e300", "-1", "253402300799", "253402300800", "253402300799.5", "0.5", "17e-1", "0e99999999999", "1E+2", "100e-2", "0.0001e5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var number json.Number
		if json.Unmarshal([]byte(text), &number) != nil || strings.TrimSpace(text) != text || text[0] == '"' || text == "null" {
			return // no JSON number
		}
		if i := strings.IndexAny(text, "eE"); i >= 0 && len(text)-i > 5 {
			return // the reference would compute for ever
		}
		seconds, more, ok := claims.ParseNumericDate(text)
		exact, _ := new(big.Rat).SetString(text)
		inRange := exact.Sign() >= 0 && exact.Cmp(big.NewRat(253402300799, 1)) <= 0
		require.Equal(t, inRange, ok, text)
		if !ok {
			return
		}
		floor := new(big.Int).Div(exact.Num(), exact.Denom())
		require.Equal(t, floor.Int64(), seconds, text)
		require.Equal(t, !exact.IsInt(), more, text)
	})
}
