package scope_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/scope"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		value string
		want  []string
		err   error
	}{
		{"C_6749-3.3-1 two scopes", "read write", []string{"read", "write"}, nil},
		{"C_6749-3.3-1 every kind of character", "!#[]~ https://example.com/a:b", []string{"!#[]~", "https://example.com/a:b"}, nil},
		{"C_6749-3.3-1 nothing", "", nil, nil},
		{"C_6749-3.3-1 quote", `a"b`, nil, scope.ErrSyntax},
		{"C_6749-3.3-1 backslash", `a\b`, nil, scope.ErrSyntax},
		{"C_6749-3.3-1 not ASCII", "é", nil, scope.ErrSyntax},
		{"C_6749-3.3-1 DEL", "a\x7f", nil, scope.ErrSyntax},
		{"C_6749-3.3-1 two spaces", "read  write", nil, scope.ErrSyntax},
		{"C_6749-3.3-1 space first", " read", nil, scope.ErrSyntax},
		{"C_6749-3.3-1 space last", "read ", nil, scope.ErrSyntax},
		{"C_6749-3.3-1 space alone", " ", nil, scope.ErrSyntax},
		{"C_6749-3.3-1 tab", "read\twrite", nil, scope.ErrSyntax},
		{"C_6749-3.3-1 line feed", "read\nwrite", nil, scope.ErrSyntax},
		{"C_6749-3.3-3 repetitions", "b a b a", []string{"b", "a"}, nil},
		{"C_6749-3.3-2 case is kept", "Read read", []string{"Read", "read"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := scope.Parse(row.value)
			assert.ErrorIs(t, err, row.err)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		allowed := c == 0x21 || 0x23 <= c && c <= 0x5B || 0x5D <= c && c <= 0x7E
		assert.Equal(t, allowed, scope.Valid(string([]byte{byte(c)})), "C_6749-3.3-1 byte %#x", c)
	}
	assert.False(t, scope.Valid(""))
}

// scopeValue is the grammar of RFC 6749 §3.3 once more.
var scopeValue = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$`)

func FuzzScope(f *testing.F) {
	for _, seed := range []string{"", "read", "read write", "a  b", " a", "a ", `a"b`, `a\b`, "é", "a\tb", "a\x00", "a a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := scope.Parse(value)
		if ok := value == "" || scopeValue.MatchString(value); ok != (err == nil) {
			t.Fatalf("%q: error %v, the grammar says %v", value, err, ok)
		}
		if err != nil {
			if !errors.Is(err, scope.ErrSyntax) || got != nil {
				t.Fatalf("%q: %q, %v", value, got, err)
			}
			return
		}
		want := strings.Fields(value)
		for i, s := range got {
			if !slices.Contains(want, s) || slices.Contains(got[:i], s) {
				t.Fatalf("%q gave %q", value, got)
			}
		}
		for _, s := range want {
			if !slices.Contains(got, s) {
				t.Fatalf("%q lost %q", value, s)
			}
		}
		if len(got) > 0 && scope.All(got...).String() == "" {
			t.Fatalf("%q does not make a policy", value)
		}
	})
}
