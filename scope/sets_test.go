package scope_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Roles, groups and permissions are sets of their own. They stand for no scope,
// and no scope for them.
func TestSets(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Profile.Sets = map[string][]token.Source{
		"roles":  {{Path: []string{"realm_access", "roles"}}},
		"groups": {{Claim: "groups"}, {Claim: "wids"}},
		"team":   {{Claim: "team", Shape: token.ShapeWords}},
	}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	roles := func(names ...any) tokentest.Edit {
		return tokentest.Claim("realm_access", map[string]any{"roles": names})
	}
	for name, row := range map[string]struct {
		policy scope.Policy
		edit   tokentest.Edit
		want   error // nil: it passes
		says   string
	}{
		"all":                          {scope.AllOf("roles", "editor", "admin"), roles("admin", "editor", "x"), nil, ""},
		"all, one is missing":          {scope.AllOf("roles", "editor", "admin"), roles("editor", "viewer"), token.ErrDenied, `scope: rule "all roles(editor, admin)": access denied: the roles of the token are [editor, viewer], want all of [editor, admin]`},
		"any":                          {scope.AnyOf("roles", "editor", "admin"), roles("admin"), nil, ""},
		"any, none":                    {scope.AnyOf("roles", "editor", "admin"), roles("viewer"), token.ErrDenied, `scope: rule "any roles(editor, admin)": access denied: the roles of the token are [viewer], want one of [editor, admin]`},
		"from the second source":       {scope.AllOf("groups", "g", "w"), tokentest.Edits(tokentest.Claim("groups", []string{"g"}), tokentest.Claim("wids", []string{"w"})), nil, ""},
		"no claim":                     {scope.AnyOf("roles", "admin"), tokentest.Scope("x"), token.ErrDenied, `the token has no roles, want "admin"`},
		"an empty claim":               {scope.AnyOf("roles", "admin"), roles(), token.ErrDenied, `the token has no roles, want "admin"`},
		"not readable":                 {scope.AnyOf("roles", "admin"), roles("admin", 1), token.ErrDenied, `the roles of the token are not known, want "admin" (see Config.Profile.Sets)`},
		"a string where a list is due": {scope.AnyOf("groups", "g"), tokentest.Claim("groups", "g"), token.ErrDenied, `the groups of the token are not known`},
		"of no set of the profile":     {scope.AnyOf("permissions", "p"), tokentest.Claim("permissions", []string{"p"}), token.ErrDenied, `scope: rule "any permissions(p)": access denied: the permissions of the token are not known, want "p" (see Config.Profile.Sets)`},
		"a scope is no role":           {scope.AllOf("roles", "admin"), tokentest.Scope("admin", "roles"), token.ErrDenied, `the token has no roles`},
		"a role is no scope":           {scope.All("admin"), roles("admin"), token.ErrScope, ""},
		"a group is no role":           {scope.AllOf("roles", "g"), tokentest.Claim("groups", []string{"g"}), token.ErrDenied, ""},
		"the other case":               {scope.AnyOf("roles", "Admin"), roles("admin"), token.ErrDenied, ""},
		"a longer one":                 {scope.AnyOf("roles", "admin"), roles("administrator", "admi"), token.ErrDenied, ""},
		"words":                        {scope.AllOf("team", "red", "blue"), tokentest.Claim("team", "blue red"), nil, ""},
		"an odd value":                 {scope.AllOf("roles", "a b"), roles("a", "b"), token.ErrDenied, `want "a b"`},
		"hostile values":               {scope.AllOf("roles", "admin"), roles("x\r\nlevel=INFO\x1b", "], want x"), token.ErrDenied, `are ["x\r\nlevel=INFO\x1b", "], want x"], want "admin"`},
		"a long one":                   {scope.AllOf("roles", "admin"), roles(strings.Repeat("x", 250)), token.ErrDenied, `..., want "admin"`},
		"scopes are told first":        {scope.AllOf("roles", "admin").And(scope.All("a")), roles(), token.ErrScope, ""},
		"no challenge for a role":      {scope.AllOf("roles", "admin").Or(scope.AllOf("roles", "root")), roles(), token.ErrDenied, `"all roles(admin)": access denied: the token has no roles, want "admin"; "all roles(root)": `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verified, err := verifier.Authenticate(context.Background(), token.Bearer(issuer.Token(row.edit)))
			require.NoError(t, err)
			err = row.policy.Check(verified)
			require.ErrorIs(t, err, row.want)
			if row.want == nil {
				assert.Zero(t, row.policy.And(scope.Policy{}).Scopes())
				return
			}
			assert.Equal(t, 1, outcomes(err))
			assert.ErrorContains(t, err, row.says)
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
		})
	}
}

func TestSetsAllocateNothing(t *testing.T) {
	tok := facts{admin: true, group: true}.token(t)
	p := scope.AllOf("roles", "admin", "editor").And(scope.AnyOf("groups", "x").Or(scope.AnyOf("groups", "g")))
	require.NoError(t, p.Check(tok))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = p.Check(tok) }))
}

func TestSetsString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]scope.Policy{
		"all roles(admin)":             scope.AllOf("roles", "admin", "admin"),
		"any roles(editor, admin)":     scope.AnyOf("roles", "editor", "admin"),
		`any "my roles"("a b", "x,y")`: scope.AnyOf("my roles", "a b", "x,y"),
	} {
		assert.Equal(t, want, p.String())
		assert.Empty(t, p.Scopes())
	}
}

func TestSetsThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, f := range []func(string, ...string) scope.Policy{scope.AllOf, scope.AnyOf} {
		assert.ErrorIs(t, recovered(func() { f("", "admin") }), token.ErrConfig)
		assert.ErrorIs(t, recovered(func() { f("roles") }), token.ErrConfig)
		assert.ErrorIs(t, recovered(func() { f("roles", "admin", "") }), token.ErrConfig)
	}
}

// A rule about a set that no Profile has is found when the service starts.
func TestSetsThatAreNeverMet(t *testing.T) {
	t.Parallel()
	plain, marked := judges(t)
	admin, permitted := scope.AllOf("roles", "admin"), scope.AnyOf("permissions", "p")
	both := token.ByIssuer(map[string]token.Authenticator{"https://issuer.test": marked})
	require.NoError(t, admin.NeverMet(marked))
	require.NoError(t, admin.NeverMet(both))
	require.NoError(t, admin.NeverMet(nil), "not known")
	require.NoError(t, admin.Or(permitted).NeverMet(marked))
	for _, p := range []scope.Policy{permitted, scope.All("a").And(permitted), permitted.Or(permitted)} {
		err := p.NeverMet(both)
		require.ErrorIs(t, err, token.ErrConfig, p)
		assert.ErrorContains(t, err, "the issuer's profile has no such set (see Config.Profile.Sets)")
	}
	assert.ErrorContains(t, admin.NeverMet(plain), `rule "all roles(admin)" of policy "all roles(admin)" is never met, since`)
}
