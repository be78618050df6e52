package strict_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	jsonjose "github.com/go-jose/go-jose/v4/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/strict"
)

var texts = []struct {
	name, text string
	want       error
}{
	{"object", `{"a":1,"b":[true,false,null,"x",{"c":-0.5e+3}]}`, nil},
	{"white space", " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", nil},
	{"a number beyond all types", "1" + strings.Repeat("0", 400) + "e999999", nil},
	{"escapes", `{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, nil},
	{"empty", `{}`, nil},
	{"scalar", `12`, nil},
	{"same name in different objects", `{"a":{"x":1},"b":{"x":1}}`, nil},
	{"same name in other case", `{"a":1,"A":2}`, nil},
	{"as deep as allowed", strings.Repeat("[", 32) + strings.Repeat("]", 32), nil},

	{"nothing", ``, strict.ErrSyntax},
	{"white space only", "  ", strict.ErrSyntax},
	{"two values", `{}{}`, strict.ErrSyntax},
	{"trailing bytes", `{}x`, strict.ErrSyntax},
	{"trailing NUL", "{}\x00", strict.ErrSyntax},
	{"NUL", "\x00", strict.ErrSyntax},
	{"byte order mark", "\ufeff{}", strict.ErrSyntax},
	{"no-break space", "\u00a0{}", strict.ErrSyntax},
	{"vertical tab", "\v{}", strict.ErrSyntax},
	{"cut object", `{"a":1`, strict.ErrSyntax},
	{"cut array", `[1,`, strict.ErrSyntax},
	{"cut string", `"abc`, strict.ErrSyntax},
	{"cut escape", `"abc\`, strict.ErrSyntax},
	{"cut hex", `"\u00e`, strict.ErrSyntax},
	{"bad escape", `"\x41"`, strict.ErrSyntax},
	{"bad hex", `"\u00zz"`, strict.ErrSyntax},
	{"line feed in string", "\"a\nb\"", strict.ErrSyntax},
	{"trailing comma in object", `{"a":1,}`, strict.ErrSyntax},
	{"trailing comma in array", `[1,]`, strict.ErrSyntax},
	{"missing colon", `{"a" 1}`, strict.ErrSyntax},
	{"name no string", `{1:1}`, strict.ErrSyntax},
	{"mismatched", `[}`, strict.ErrSyntax},
	{"single quotes", `{'a':1}`, strict.ErrSyntax},
	{"comment", `{}//`, strict.ErrSyntax},
	{"leading zero", `01`, strict.ErrSyntax},
	{"plus", `+1`, strict.ErrSyntax},
	{"lonely minus", `-`, strict.ErrSyntax},
	{"no digits after the point", `1.`, strict.ErrSyntax},
	{"no digits in the exponent", `1e`, strict.ErrSyntax},
	{"hex", `0x10`, strict.ErrSyntax},
	{"NaN", `NaN`, strict.ErrSyntax},
	{"True", `True`, strict.ErrSyntax},
	{"truth", `truth`, strict.ErrSyntax},

	{"invalid UTF-8", "{\"a\":\"\xff\"}", strict.ErrUTF8},
	{"overlong UTF-8", "\"\xc0\xaf\"", strict.ErrUTF8},
	{"surrogate in UTF-8", "\"\xed\xa0\x80\"", strict.ErrUTF8},
	{"lone high surrogate", `"\ud800"`, strict.ErrUTF8},
	{"lone low surrogate", `"\udc00"`, strict.ErrUTF8},
	{"high surrogate before text", `"\ud800abcdefgh"`, strict.ErrUTF8},
	{"two high surrogates", `"\ud800\ud800"`, strict.ErrUTF8},
	{"pair with bad hex", `"\ud800\udczz"`, strict.ErrSyntax},

	{"too deep", strings.Repeat("[", 33) + strings.Repeat("]", 33), strict.ErrDepth},
	{"too deep, objects", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), strict.ErrDepth},
	{"far too deep and cut", strings.Repeat("[", 1<<20), strict.ErrDepth},

	{"repeated", `{"a":1,"a":1}`, strict.ErrDuplicate},
	{"repeated, escaped", `{"a":1,"\u0061":1}`, strict.ErrDuplicate},
	{"repeated empty name", `{"":1,"":1}`, strict.ErrDuplicate},
	{"repeated inside", `{"x":[{"a":1,"b":2,"a":3}]}`, strict.ErrDuplicate},
	{"repeated among many", many(1000, "m7"), strict.ErrDuplicate},
	{"repeated at the seventeenth", many(16, "m0"), strict.ErrDuplicate},
	{"repeated beyond the sixteenth", many(17, "m16"), strict.ErrDuplicate},
	{"many", many(1000, "other"), nil},
}

// many is an object of n members m0, m1, … and one more.
func many(n int, last string) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range n {
		b.WriteString(`"m` + strconv.Itoa(i) + `":0,`)
	}
	return b.String() + `"` + last + `":0}`
}

func TestValid(t *testing.T) {
	t.Parallel()
	for _, c := range texts {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, strict.Valid(c.text), c.want)
		})
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	var names []string
	values := map[string]strict.Value{}
	err := strict.Members(` { "s" : "a\u0062" , "n": -1.5 , "o":{"inner":1}, "a":[1, "x" ,[2]], "t":true, "z":null, "\u0065":0 } `, func(name string, v strict.Value) {
		names = append(names, name)
		values[name] = v
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"s", "n", "o", "a", "t", "z", "e"}, names, "only the members of the outermost object, in order")
	assert.Equal(t, strict.String, values["s"].Kind)
	assert.Equal(t, `"a\u0062"`, values["s"].Raw)
	assert.Equal(t, strict.Number, values["n"].Kind)
	assert.Equal(t, "-1.5", values["n"].Raw)
	assert.Equal(t, strict.Object, values["o"].Kind)
	assert.Equal(t, `{"inner":1}`, values["o"].Raw)
	assert.Equal(t, strict.Bool, values["t"].Kind)
	assert.Equal(t, strict.Null, values["z"].Kind)

	text, ok := values["s"].Text()
	assert.True(t, ok)
	assert.Equal(t, "ab", text)
	_, ok = values["n"].Text()
	assert.False(t, ok)
	_, ok = strict.Value{}.Text()
	assert.False(t, ok)

	var elements []string
	assert.True(t, values["a"].Elements(func(v strict.Value) bool { elements = append(elements, v.Raw); return true }))
	assert.Equal(t, []string{"1", `"x"`, "[2]"}, elements)
	elements = nil
	assert.True(t, values["a"].Elements(func(v strict.Value) bool { elements = append(elements, v.Raw); return false }))
	assert.Equal(t, []string{"1"}, elements, "false ends it")
	assert.False(t, values["o"].Elements(func(strict.Value) bool { return true }))
	assert.True(t, strict.Value{Kind: strict.Array, Raw: "[ ]"}.Elements(func(strict.Value) bool { t.Error("no element"); return true }))
}

func TestMembersWantsAnObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[]`, `"x"`, `null`, `1`} {
		assert.ErrorIs(t, strict.Members(text, func(string, strict.Value) { t.Error("no member") }), strict.ErrObject)
	}
}

func TestKindString(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "nothing", strict.Absent.String())
	assert.Equal(t, "an object", strict.Object.String())
}

// FuzzValid holds the scanner against two other readers: what it accepts, both
// accept, and what it refuses is either refused by encoding/json or is one of
// the things that encoding/json forgives.
func FuzzValid(f *testing.F) {
	for _, c := range texts {
		if len(c.text) < 1<<12 {
			f.Add(c.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := strict.Valid(text)
		if err == nil {
			require.True(t, json.Valid([]byte(text)), "encoding/json refuses %q", text)
			var v any
			decoder := jsonjose.NewDecoder(strings.NewReader(text))
			decoder.SetNumberType(jsonjose.UnmarshalJSONNumber) // a number may be too large for a float64 and is well formed all the same
			require.NoError(t, decoder.Decode(&v), "go-jose refuses %q", text)
			return
		}
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		switch {
		case errors.Is(err, strict.ErrDuplicate):
			require.True(t, repeats(text), "no name is repeated in %q", text)
		case errors.Is(err, strict.ErrDepth):
			require.Greater(t, strings.Count(text, "[")+strings.Count(text, "{"), strict.MaxDepth)
		case errors.Is(err, strict.ErrUTF8):
			require.Contains(t, strings.ToLower(text), `\ud`)
		default:
			t.Errorf("refuses %q: %v", text, err)
		}
	})
}

// repeats finds repeated names by reading tokens, one object at a time.
func repeats(text string) bool {
	decoder := json.NewDecoder(strings.NewReader(text))
	var open []map[string]bool // nil for an array
	name := ""
	atName := false
	for {
		tok, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			return false
		}
		if s, ok := tok.(string); ok && atName {
			name, atName = s, false
			if open[len(open)-1][name] {
				return true
			}
			open[len(open)-1][name] = true
			continue
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		atName = len(open) > 0 && open[len(open)-1] != nil
	}
}

// FuzzMembers holds the members against those of encoding/json.
func FuzzMembers(f *testing.F) {
	for _, c := range texts {
		if len(c.text) < 1<<12 {
			f.Add(c.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := map[string]strict.Value{}
		if strict.Members(text, func(name string, v strict.Value) { got[name] = v }) != nil {
			return
		}
		var want map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(text), &want))
		require.Len(t, got, len(want))
		for name, raw := range want {
			require.Equal(t, string(bytes.TrimSpace(raw)), got[name].Raw)
			checkText(t, got[name])
		}
	})
}

func checkText(t *testing.T, v strict.Value) {
	t.Helper()
	got, ok := v.Text()
	require.Equal(t, v.Raw[0] == '"', ok)
	if !ok {
		return
	}
	var want string
	require.NoError(t, json.Unmarshal([]byte(v.Raw), &want))
	require.Equal(t, want, got)
}

const claims = `{"iss":"https://as.example.com","sub":"24400320-1111-2222-3333-444455556666",` +
	`"aud":["https://api.example.com","https://other.example.com"],"exp":1700000000,"iat":1699999700,` +
	`"jti":"dbe39bf3a3ba4238a513f51d6e1691c4","client_id":"s6BhdRkqt3","scope":"openid profile orders:read orders:write",` +
	`"auth_time":1699990000,"acr":"urn:mace:incommon:iap:silver","amr":["pwd","otp"],"groups":["a","b","c","d"],"x":{"a":1}}`

func BenchmarkMembers(b *testing.B) {
	b.SetBytes(int64(len(claims)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := strict.Members(claims, func(name string, _ strict.Value) { n += len(name) }); err != nil {
			b.Fatal(err)
		}
	}
}

// A string ends where it ends, wherever that is within eight bytes and whatever
// stands around it.
func TestStringsOfAllLengths(t *testing.T) {
	t.Parallel()
	for _, filler := range []string{"a", "\u00e9", "!", "#", "[", "]", "\x7f", "\u0080", "~"} {
		for n := range 40 {
			body := strings.Repeat(filler, n)
			require.NoError(t, strict.Valid(`"`+body+`"`), "%q", body)
			require.NoError(t, strict.Valid(`["`+body+`","`+body+`"]`), "%q", body)
			require.NoError(t, strict.Valid(`"`+body+`\"`+body+`"`), "%q", body)
			for _, bad := range []string{"\x00", "\n", "\x1f"} {
				require.ErrorIs(t, strict.Valid(`"`+body+bad+body+`"`), strict.ErrSyntax, "%q", body)
			}
			require.ErrorIs(t, strict.Valid(`"`+body), strict.ErrSyntax, "%q", body)
		}
	}
}
