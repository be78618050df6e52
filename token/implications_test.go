package token_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// photos is a hierarchy of three levels, with two ways from the first to the last.
var photos = map[string][]string{
	"photos:admin": {"photos:write", "photos:list"},
	"photos:write": {"photos:read"},
	"photos:list":  {"photos:read"},
}

func implying(implies map[string][]string) func(*token.Config) {
	return func(c *token.Config) { c.ScopeImplies = implies }
}

// A larger scope stands for the smaller ones, and nothing else stands for any.
func TestScopeImplies(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, implying(photos))
	made, err := token.NewScopeImplications(photos)
	require.NoError(t, err)
	for name, c := range map[string]struct{ granted, has, lacks string }{
		"the largest":               {"photos:admin", "photos:admin photos:write photos:list photos:read", "photos:delete photos"},
		"one in between":            {"photos:write", "photos:write photos:read", "photos:admin photos:list"},
		"the smallest":              {"photos:read", "photos:read", "photos:write photos:list photos:admin"},
		"two":                       {"photos:write photos:list", "photos:write photos:list photos:read", "photos:admin"},
		"a larger one among others": {"a b photos:write c", "a b c photos:read photos:write", "photos:admin"},
		"none":                      {"", "", "photos:read photos:write photos:list photos:admin"},
		"an unknown one":            {"other", "other", "photos:read"},
		"a beginning":               {"photos:writ", "photos:writ", "photos:write photos:read"},
		"a longer one":              {"photos:write2", "photos:write2", "photos:write photos:read"},
		"the other case":            {"PHOTOS:WRITE", "PHOTOS:WRITE", "photos:write photos:read"},
		"a star":                    {"photos:*", "photos:*", "photos:write photos:read"},
		"one with a tab":            {"photos:write\t", "", "photos:write photos:read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := claims("scope", c.granted).token()
			own, err := token.Vouched("", vouched(func(given *token.VouchedClaims) {
				given.Scopes, given.ScopeImplies = strings.Fields(strings.ReplaceAll(c.granted, "\t", "?")), made
			}))
			require.NoError(t, err)
			tokens := []*token.Token{own}
			for range 2 { // verified, then remembered
				got, err := v.Authenticate(context.Background(), token.Bearer(raw))
				require.NoError(t, err)
				tokens = append(tokens, got)
				assert.Equal(t, strings.Join(got.Scopes(), " "), c.granted, "as granted")
			}
			assert.True(t, tokens[2].Remembered())
			for _, got := range tokens {
				for _, s := range strings.Fields(c.has) {
					assert.True(t, got.HasScope(s), s)
				}
				for _, s := range append(strings.Fields(c.lacks), "") {
					assert.False(t, got.HasScope(s), s)
				}
			}
		})
	}
}

// What one issuer's scopes imply says nothing of another's, and the issuers of a
// Template have that of its Config.
func TestScopeImpliesOfEachIssuer(t *testing.T) {
	t.Parallel()
	other := newVerifier(t, func(c *token.Config) { c.Issuer, c.ScopeImplies = otherIssuer, map[string][]string{"write": {"list"}} })
	one := newVerifier(t, implying(map[string][]string{"write": {"read"}}))
	plain := newVerifier(t, func(c *token.Config) { c.Issuer = "https://plain.example.com" })
	auths := map[string]token.Authenticator{issuer: one, otherIssuer: other, "https://plain.example.com": plain}
	templates := fromTemplates(t, shared(func(t *token.Template) { t.Config.ScopeImplies = map[string][]string{"write": {"read"}} }))
	for name, c := range map[string]struct {
		auth       token.Authenticator
		raw        string
		read, list bool
	}{
		"the one":       {token.ByIssuer(auths), tokenOf(issuer, "scope", "write"), true, false},
		"the other":     {token.ByIssuer(auths), tokenOf(otherIssuer, "scope", "write"), false, true},
		"without":       {token.ByIssuer(auths), tokenOf("https://plain.example.com", "scope", "write"), false, false},
		"a tenant":      {templates, tokenOf(tenant(acme), "tid", acme, "scope", "write"), true, false},
		"another":       {templates, tokenOf(tenant(globex), "tid", globex, "scope", "write"), true, false},
		"a small scope": {templates, tokenOf(tenant(globex), "tid", globex, "scope", "list"), false, true},
	} {
		got, err := c.auth.Authenticate(context.Background(), token.Bearer(c.raw))
		require.NoError(t, err, name)
		assert.Equal(t, c.read, got.HasScope("read"), name)
		assert.Equal(t, c.list, got.HasScope("list"), name)
	}
	cfg, err := shared(func(t *token.Template) { t.Config.ScopeImplies = photos }).ConfigFor(tenant(acme))
	require.NoError(t, err)
	assert.Equal(t, photos, cfg.ScopeImplies, "a tool judges alike")
}

// The program may go on to use its map.
func TestScopeImpliesIsCopied(t *testing.T) {
	t.Parallel()
	given := map[string][]string{"write": {"read"}}
	v := newVerifier(t, implying(given))
	templates := fromTemplates(t, shared(func(t *token.Template) { t.Config.ScopeImplies = given }))
	made, err := token.NewScopeImplications(given)
	require.NoError(t, err)
	want := map[string][]string{"write": {"read"}}
	assert.Equal(t, want, token.Postures(v)[0].ScopeImplies)
	given["write"][0], given["a"] = "admin", []string{"admin"}
	token.Postures(v)[0].ScopeImplies["write"][0] = "admin"
	own, err := token.Vouched("", vouched(func(c *token.VouchedClaims) { c.Scopes, c.ScopeImplies = []string{"write", "a"}, made }))
	require.NoError(t, err)
	for auth, raw := range map[token.Authenticator]string{v: claims("scope", "write a").token(), templates: tokenOf(tenant(acme), "tid", acme, "scope", "write a")} {
		got, err := auth.Authenticate(context.Background(), token.Bearer(raw))
		require.NoError(t, err)
		assert.False(t, got.HasScope("admin"))
		assert.True(t, got.HasScope("read"))
		assert.Equal(t, want, token.Postures(auth)[0].ScopeImplies)
		assert.Empty(t, token.Relaxations(auth), "the service itself says what a scope is worth")
	}
	told, err := json.Marshal(token.Postures(v))
	require.NoError(t, err)
	assert.Contains(t, string(told), `"scope_implies":{"write":["read"]}`)
	assert.False(t, own.HasScope("admin"))
	assert.True(t, own.HasScope("read"))
	assert.Nil(t, token.Postures(newVerifier(t, nil))[0].ScopeImplies)
}

// A mistake in what makes the settings must not keep a service from telling it.
func TestScopeImpliesRefusesManyAtOnce(t *testing.T) {
	many := map[string][]string{}
	for _, name := range manyScopes(50_000) {
		many[name] = []string{"x"}
	}
	assert.Less(t, testing.AllocsPerRun(1, func() {
		_, err := token.NewScopeImplications(many)
		assert.ErrorIs(t, err, token.ErrConfig)
	}), 100.0)
}

func TestScopeImpliesRefused(t *testing.T) {
	t.Parallel()
	most := map[string][]string{"a": manyScopes(4096)}
	through := map[string][]string{"a": {"b"}, "b": manyScopes(2048)} // 1 + 2048 + 2048
	for name, c := range map[string]struct {
		implies map[string][]string
		valid   bool
	}{
		"nil":                      {nil, true},
		"empty":                    {map[string][]string{}, true},
		"a hierarchy":              {photos, true},
		"the same twice":           {map[string][]string{"a": {"b", "b"}}, true},
		"as many as there may be":  {most, true},
		"one more":                 {map[string][]string{"a": manyScopes(4096), "b": {"c"}}, false},
		"one more in one list":     {map[string][]string{"a": manyScopes(4097)}, false},
		"one more through others":  {through, false},
		"a space":                  {map[string][]string{"a b": {"c"}}, false},
		"a space in a list":        {map[string][]string{"a": {"b c"}}, false},
		"a quote":                  {map[string][]string{"a": {`b"`}}, false},
		"a backslash":              {map[string][]string{`a\`: {"b"}}, false},
		"a line":                   {map[string][]string{"a": {"b\nlevel=INFO"}}, false},
		"an umlaut":                {map[string][]string{"ä": {"b"}}, false},
		"an empty scope":           {map[string][]string{"": {"b"}}, false},
		"an empty scope in a list": {map[string][]string{"a": {""}}, false},
		"an empty list":            {map[string][]string{"a": {}}, false},
		"a nil list":               {map[string][]string{"a": {"b"}, "c": nil}, false},
		"itself":                   {map[string][]string{"a": {"b", "a"}}, false},
		"each other":               {map[string][]string{"a": {"b"}, "b": {"a"}}, false},
		"a circle":                 {map[string][]string{"a": {"b"}, "b": {"c", "d"}, "d": {"a"}}, false},
		"a circle further on":      {map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"b"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.ScopeImplies = c.implies
			_, verifier := token.NewVerifier(cfg)
			_, own := token.NewScopeImplications(c.implies)
			template := token.ResolverConfig{Templates: []token.Template{shared(func(t *token.Template) { t.Config.ScopeImplies = c.implies })}}.Validate()
			for _, err := range []error{cfg.Validate(), verifier, own, template} {
				if c.valid {
					assert.NoError(t, err)
					continue
				}
				assert.ErrorIs(t, err, token.ErrConfig)
				assertOneLine(t, err.Error())
			}
		})
	}
}

func manyScopes(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("s", i)
	}
	return list
}

// A 403 tells the operator what was granted, and not what follows from it.
func TestScopeErrorSaysWhatWasGranted(t *testing.T) {
	t.Parallel()
	got, err := newVerifier(t, implying(photos)).Authenticate(context.Background(), token.Bearer(claims("scope", "photos:write").token()))
	require.NoError(t, err)
	text := (&token.ScopeError{Need: []string{"photos:admin"}, Token: got}).Error()
	assert.Contains(t, text, `need photos:admin; the token has "photos:write"`)
	assert.NotContains(t, text, "photos:read")
}

// Nothing is allocated to find what is implied, and a token that is remembered
// is no larger for it.
func TestScopeImpliesTakesNoMemory(t *testing.T) {
	v := newVerifier(t, implying(photos))
	got, err := v.Authenticate(context.Background(), token.Bearer(claims("scope", "photos:admin a b c").token()))
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = got.HasScope("photos:read") && got.HasScope("x") }))
	raw := claims("scope", "photos:admin").token()
	call := func(v *token.Verifier) float64 {
		return testing.AllocsPerRun(100, func() { _, _ = v.Authenticate(context.Background(), token.Bearer(raw)) })
	}
	assert.Equal(t, call(newVerifier(t, nil)), call(v))
	forgetful := func(c *token.Config) { c.CacheSize = -1 }
	assert.Equal(t, call(newVerifier(t, forgetful)), call(newVerifier(t, func(c *token.Config) {
		forgetful(c)
		c.ScopeImplies = photos
	})))
}

// FuzzScopeImplies compares with a naive closure: each row of the graph says which
// of eight scopes a scope implies.
func FuzzScopeImplies(f *testing.F) {
	f.Add([]byte{2, 4, 8, 16, 32, 64, 128, 0}, byte(1))
	f.Add([]byte{0, 1, 3, 7, 15, 31, 63, 127}, byte(128))
	f.Add([]byte{2, 1}, byte(1))
	f.Add([]byte{1}, byte(1))
	f.Add([]byte{6, 8, 8, 0, 32, 64}, byte(17))
	f.Add([]byte{}, byte(255))
	scopes := []string{"a", "A", "a:b", "a:", "a:bc", "b", "*", "a:*"}
	f.Fuzz(func(t *testing.T, rows []byte, granted byte) {
		rows = append(rows, make([]byte, 8)...)[:8]
		implies, reach := map[string][]string{}, make([]byte, 8)
		for i, row := range rows {
			if reach[i] = row; row != 0 {
				implies[scopes[i]] = chosen(scopes, row)
			}
		}
		for k := range 8 { // Warshall
			for i := range 8 {
				if reach[i]>>k&1 == 1 {
					reach[i] |= reach[k]
				}
			}
		}
		circular, has := false, granted
		for i := range 8 {
			circular = circular || reach[i]>>i&1 == 1
			if granted>>i&1 == 1 {
				has |= reach[i]
			}
		}
		made, err := token.NewScopeImplications(implies)
		if circular {
			require.ErrorIs(t, err, token.ErrConfig)
			return
		}
		require.NoError(t, err)
		got, err := token.Vouched("", vouched(func(c *token.VouchedClaims) { c.Scopes, c.ScopeImplies = chosen(scopes, granted), made }))
		require.NoError(t, err)
		require.Equal(t, chosen(scopes, granted), append([]string{}, got.Scopes()...))
		for i, s := range scopes {
			require.Equal(t, has>>i&1 == 1, got.HasScope(s), "%s of %v by %v", s, got.Scopes(), implies)
		}
	})
}

func chosen(list []string, bits byte) []string {
	some := []string{}
	for i, s := range list {
		if bits>>i&1 == 1 {
			some = append(some, s)
		}
	}
	slices.Reverse(some)
	return some
}
