package scope_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// holding is a token with these scopes, of a service where write implies read,
// and admin implies write and list.
func holding(t *testing.T, scopes ...string) *token.Token {
	t.Helper()
	implications, err := token.NewScopeImplications(map[string][]string{"admin": {"write", "list"}, "write": {"read"}})
	require.NoError(t, err)
	made, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
		Scopes: scopes, ScopeImplies: implications, Sets: map[string][]string{"roles": {"write"}},
	})
	require.NoError(t, err)
	return made
}

// A challenge names what the policy says. Where one of several scopes is enough, a
// caller with a larger one is not asked for the smaller one as well. A token with
// just the scopes that are named passes.
func TestImpliedScopes(t *testing.T) {
	t.Parallel()
	all, either := scope.All, scope.Any
	for name, row := range map[string]struct {
		policy scope.Policy
		has    []string
		need   []string // nil: it passes
	}{
		"the larger for the smaller":       {all("read"), []string{"write"}, nil},
		"the largest for all":              {all("read", "write", "list", "admin"), []string{"admin"}, nil},
		"one of several":                   {either("x", "read"), []string{"admin"}, nil},
		"an alternative":                   {all("read").Or(scope.User), []string{"write"}, nil},
		"the smaller for the larger":       {all("write"), []string{"read"}, []string{"write"}},
		"the smaller ones for the largest": {all("admin"), []string{"write", "list", "read"}, []string{"admin"}},
		"what the policy says":             {all("read", "delete"), []string{"write"}, []string{"read", "delete"}},
		"the larger one is kept":           {either("read", "write").And(all("delete")), []string{"write"}, []string{"write", "delete"}},
		"in any order":                     {all("delete").And(either("write", "read")), []string{"write"}, []string{"delete", "write"}},
		"both if both were granted":        {either("read", "write").And(all("delete")), []string{"write", "read"}, []string{"read", "write", "delete"}},
		"the one that is implied":          {either("x", "read").And(all("delete")), []string{"write"}, []string{"read", "delete"}},
		"those that are implied":           {either("x", "read", "list").And(all("delete")), []string{"admin"}, []string{"read", "list", "delete"}},
		"all if there is none":             {either("write", "list").And(all("delete")), []string{"read"}, []string{"write", "list", "delete"}},
		"an alternative that holds":        {all("read").Or(all("x")).And(all("delete")), []string{"write"}, []string{"read", "delete"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.policy.Check(holding(t, row.has...))
			would := row.policy.Rehearsed().WouldRefuse(t.Context(), holding(t, row.has...))
			if row.need == nil {
				assert.NoError(t, err)
				assert.NoError(t, would)
				return
			}
			for _, err := range []error{err, would} {
				var short *token.ScopeError
				require.ErrorAs(t, err, &short)
				assert.Equal(t, row.need, short.Need)
				assert.NoError(t, row.policy.Check(holding(t, short.Need...)))
			}
		})
	}
	roles := scope.AnyOf("roles", "read")
	assert.ErrorIs(t, roles.Check(holding(t, "write")), token.ErrDenied, "roles are no scopes, and do not imply each other")
}
