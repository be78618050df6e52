package settings_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

const operations = head + "operations:\n  photos.list: all(photos:read)\n  photos.add: all(photos:write) and not blocked\n  \"health\": public\n"

func notBlocked(name string) scope.Policy {
	return scope.Func(name, func(*token.Token) error { return errors.New("blocked") })
}

func TestTable(t *testing.T) {
	t.Parallel()
	f := parse(t, operations)
	table, err := f.Table(notBlocked("not blocked"))
	require.NoError(t, err)
	assert.Equal(t, "health       public\nphotos.add   all(photos:write) and not blocked\nphotos.list  all(photos:read)\n", table.String())

	written, err := settings.Marshal(f)
	require.NoError(t, err)
	assert.Equal(t, f.Operations, parse(t, string(written)).Operations)

	byHand := &settings.File{Operations: map[string]string{"a": "user"}}
	table, err = byHand.Table()
	require.NoError(t, err)
	assert.Equal(t, "a  user\n", table.String())
}

// A fault in the operations tells its line and field, by Parse or by Table.
func TestTableRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, where string }{
		"a typo":               {head + "operations:\n  a: user\n  photos.list: al(photos:read)\n", `line 6: operations."photos.list": invalid configuration: operation "photos.list": text of a policy, column 1: unknown rule`},
		"a typo in JSON":       {"{\"issuers\": [{\"issuer\": \"https://as.example.com\", \"audience\": [\"x\"]}],\n\"operations\": {\"a\": \"user\",\n\"b\": \"usr\"}}", "line 3: operations.b: "},
		"before the issuers":   {"operations:\n  a: usr\n" + head, "line 2: operations.a: "},
		"public smuggled in":   {head + "operations:\n  a: user and public\n", "line 5: operations.a: invalid configuration: operation \"a\": text of a policy, column 10: "},
		"an idle alternative":  {head + "operations:\n  a: all(a) or all(a, b)\n", "line 5: operations.a: "},
		"an unknown own rule":  {head + "operations:\n  a: not blocked\n", "line 5: operations.a: "},
		"a name with a space":  {head + "operations:\n  photos list: user\n", `line 5: operations."photos list": `},
		"an unprintable name":  {head + "operations:\n  \"photos\\e[2J\": user\n", `line 5: operations."photos\x1b[2J": `},
		"letters that mislead": {head + "operations:\n  ph\u043etos: user\n", `line 5: operations."ph\u043etos": `},
		"a long name":          {head + "operations:\n  " + strings.Repeat("a", 101) + ": user\n", "line 5: operations."},
		"an empty text":        {head + "operations:\n  a: ''\n", "line 5: operations.a: "},
		"twice":                {head + "operations:\n  a: user\n  a: public\n", "line 6: operations.a: is there twice"},
		"twice as a whole":     {head + "operations: {a: user}\noperations: {b: user}\n", "line 5: operations: is there twice"},
		"a list":               {head + "operations: [user]\n", "line 4: operations: a list, want an object"},
		"no value":             {head + "operations:\n", "line 4: operations: no value"},
		"none":                 {head + "operations: {}\n", "line 4: operations: is empty"},
		"a rule as an object":  {head + "operations:\n  a: {all: [x]}\n", "line 5: operations.a: an object, want text"},
		"a rule as a boolean":  {head + "operations:\n  a: true\n", "line 5: operations.a: a boolean, want text"},
		"an anchor":            {head + "operations:\n  a: &p user\n  b: *p\n", "line 5: operations.a: anchors"},
		"a huge text":          {head + "operations:\n  a: " + strings.Repeat("x", 5000) + "\n", "line 5: operations.a: text of 5000 bytes"},
		"many":                 {head + "operations:\n" + numbered(1001), "line 5: operations: an object of 1001 fields"},
		"left out":             {head, "operations: no operations"},
		"an issuer after it":   {"operations:\n  a: user\n" + head + "    leeway: 2m\n", "line 6: issuers[0].leeway: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := settings.Parse([]byte(c.text))
			if err == nil {
				var table *scope.Table
				table, err = f.Table()
				assert.Nil(t, table)
			}
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), "settings: "+c.where), "%s, want %s", err, c.where)
		})
	}
	f := parse(t, head+"operations:\n"+numbered(1000))
	_, err := f.Table()
	require.NoError(t, err)
	_, err = f.Table(scope.User)
	require.ErrorIs(t, err, token.ErrConfig, "no rule of the program's own")
	assertOneLine(t, err)
	_, err = (*settings.File)(nil).Table()
	assert.ErrorIs(t, err, token.ErrConfig)
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  o%d: user\n", i)
	}
	return b.String()
}
