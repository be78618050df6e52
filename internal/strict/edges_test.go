package strict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/strict"
)

// These are the cases at the edge of a condition, each of which would go
// through if the condition were off by one or not there.

func TestWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"t", "tru", "trux", "true1x", "f", "fals", "falsf", "n", "nul", "nulk", "nope", "True", "NULL"} {
		for _, in := range []string{text, `{"a":` + text + `}`, `[` + text + `]`, `[` + text + `,1]`} {
			assert.ErrorIs(t, strict.Valid(in), strict.ErrSyntax, in)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"0": nil, "-0": nil, "10": nil, "0.5": nil, "1e5": nil, "1E5": nil, "1e+5": nil, "1E-5": nil, "-1.25e-07": nil,
		"": strict.ErrSyntax, "-": strict.ErrSyntax, "01": strict.ErrSyntax, "+1": strict.ErrSyntax, ".5": strict.ErrSyntax,
		"1.": strict.ErrSyntax, "1e": strict.ErrSyntax, "1e+": strict.ErrSyntax, "1e+-5": strict.ErrSyntax, "1ee5": strict.ErrSyntax,
		"1/": strict.ErrSyntax, "1:": strict.ErrSyntax, "0x1": strict.ErrSyntax, "NaN": strict.ErrSyntax, "--1": strict.ErrSyntax,
	} {
		assert.ErrorIs(t, strict.Valid(text), want, text)
		assert.ErrorIs(t, strict.Valid("["+text+",1]"), want, text)
	}
}

// In each place of an escape exactly the hexadecimal digits may stand.
func TestHexadecimalDigits(t *testing.T) {
	t.Parallel()
	const digits = "0123456789abcdefABCDEF"
	for c := range 128 {
		for place := range 4 {
			escape := []byte("0041")
			escape[place] = byte(c)
			text := `{"a":"\u` + string(escape) + `"}`
			if !strings.ContainsRune(digits, rune(c)) {
				assert.Error(t, strict.Valid(text), text)
				continue
			}
			var got string
			err := strict.Members(text, func(_ string, v strict.Value) { got, _ = v.Text() })
			if assert.NoError(t, err, text) {
				var want rune
				_, err = fmt.Sscanf(string(escape), "%x", &want)
				assert.NoError(t, err)
				assert.Equal(t, string(want), got, text)
			}
		}
	}
}

func TestSurrogates(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`"\ud800"`, `"\ud800\`, `"\ud800\u`, `"\ud800\udc0`, `"\ud800xudc00"`, `"\ud800\xdc00"`, `"\ud800udc00\"`,
		`"\ud800\u0041"`, `"\ud800\ud800"`, `"\udc00\ud800"`, `"\udc00"`, `"\ud83d \ude00"`, `"\`, `"\u`, `"\u00`, `"\u004`, `"\u004"`,
	} {
		assert.Error(t, strict.Valid(text), text)
		assert.Error(t, strict.Valid(`{`+text+`:1}`), text)
		assert.Error(t, strict.Members(`{"a":`+text+`}`, func(string, strict.Value) {}), text)
	}
}

// Repeated names are found in objects of every size, and wherever they stand,
// by Members as by Valid.
func TestRepetitionsOfNames(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 3, 14, 15, 16, 17, 18, 31, 32, 33, 200} {
		for _, pair := range [][2]int{{0, size - 1}, {0, 1}, {size - 2, size - 1}, {size / 2, size - 1}} {
			if pair[0] == pair[1] {
				continue
			}
			members := make([]string, size)
			for i := range members {
				members[i] = fmt.Sprintf(`"m%d":%d`, i, i)
			}
			good := "{" + strings.Join(members, ",") + "}"
			members[pair[1]] = fmt.Sprintf(`"m%d":0`, pair[0])
			bad := "{" + strings.Join(members, ",") + "}"
			nested := `{"a":` + bad + `}`
			assert.NoError(t, strict.Members(good, func(string, strict.Value) {}))
			assert.ErrorIs(t, strict.Members(bad, func(string, strict.Value) {}), strict.ErrDuplicate, "%d of %d", pair, size)
			assert.ErrorIs(t, strict.Valid(bad), strict.ErrDuplicate)
			assert.ErrorIs(t, strict.Members(nested, func(string, strict.Value) {}), strict.ErrDuplicate)
		}
	}
}

// What is wrong with a text that is no object is said as for any value.
func TestWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		`x`: strict.ErrSyntax, `[`: strict.ErrSyntax, ``: strict.ErrSyntax, `[1]`: strict.ErrObject, `1`: strict.ErrObject,
		`[` + strings.Repeat("[", 40): strict.ErrDepth, `[{"a":1,"a":2}]`: strict.ErrDuplicate, `[1]x`: strict.ErrSyntax,
	} {
		assert.ErrorIs(t, strict.Members(text, nil), want, text)
	}
}

// In each place of each length of tail only the alphabet may stand.
func TestEveryByteOfBase64URL(t *testing.T) {
	t.Parallel()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, length := range []int{2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20, 24, 26, 32, 35} {
		good := strings.Repeat("A", length)
		for place := range len(good) {
			for c := range 256 {
				text := []byte(good)
				text[place] = byte(c)
				_, err := strict.AppendBase64URL(nil, string(text))
				index := strings.IndexByte(alphabet, byte(c))
				unused := map[int]int{2: 0x0f, 3: 0x03}[len(good)%4]
				isGood := index >= 0 && (place < len(good)-1 || index&unused == 0)
				assert.Equal(t, isGood, err == nil, "%q", text)
			}
		}
	}
}
