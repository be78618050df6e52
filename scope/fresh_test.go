package scope_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// asked is a token with the scope "a" about which the issuer was asked, or was not.
func asked(t *testing.T, fresh bool) *token.Token {
	t.Helper()
	made, err := token.Vouched("opaque", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"api"}, Expiry: time.Now().Add(time.Hour), Subject: "alice", Scopes: []string{"a"}, Fresh: fresh,
	})
	require.NoError(t, err)
	return made
}

func TestFresh(t *testing.T) {
	t.Parallel()
	for text, row := range map[string]struct {
		policy   scope.Policy
		asks     bool
		old, new error
	}{
		"fresh":                        {scope.Fresh, true, token.ErrDenied, nil},
		"all(a) and fresh":             {scope.Fresh.And(scope.All("a")), true, token.ErrDenied, nil},
		"all(b) and fresh":             {scope.All("b").And(scope.Fresh), true, token.ErrScope, token.ErrScope},
		"fresh or client":              {scope.Fresh.Or(scope.Client), true, token.ErrDenied, nil},
		"fresh or all(a)":              {scope.Fresh.Or(scope.All("a")), true, nil, nil},
		"all(a) and (fresh or client)": {scope.All("a").And(scope.Fresh.Or(scope.Client)), true, token.ErrDenied, nil},
		"all(a)":                       {scope.All("a"), false, nil, nil},
		"all(a) and REHEARSAL(fresh)":  {scope.All("a").And(scope.Fresh.Rehearsed()), false, nil, nil},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, text, row.policy.String())
			assert.Equal(t, row.asks, row.policy.IsFresh())
			require.ErrorIs(t, row.policy.Check(asked(t, false)), row.old)
			require.ErrorIs(t, row.policy.Check(asked(t, true)), row.new)
			if text == "all(a) and REHEARSAL(fresh)" {
				return
			}
			read, err := scope.ParsePolicy(text)
			require.NoError(t, err)
			assert.Equal(t, text, read.String())
			assert.Equal(t, row.asks, read.IsFresh())
		})
	}
	_, err := scope.ParsePolicy("fresh and fresh")
	require.ErrorIs(t, err, token.ErrConfig)
	require.ErrorIs(t, scope.Fresh.Check(nil), token.ErrMissing)
	assert.Equal(t, `"fresh"`, scope.Func("fresh", func(*token.Token) error { return nil }).String(), "a rule of the program's own")
}

// A rule that is taken from a Table asks as well.
func TestFreshInATable(t *testing.T) {
	t.Parallel()
	table, err := scope.ReadTable(map[string]string{"delete": "all(a) and fresh", "read": "all(a)"})
	require.NoError(t, err)
	assert.True(t, table.Policy("delete").IsFresh())
	assert.False(t, table.Policy("read").IsFresh())
}
