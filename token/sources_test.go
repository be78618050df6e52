package token_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

func TestC_9068_2_2_3_1_ScopesFromSeveralClaims(t *testing.T) {
	t.Parallel()
	either := []token.Source{{Claim: "scope", Shape: token.ShapeWordsOrList}}
	both := []token.Source{{Claim: "scope"}, {Claim: "permissions", Shape: token.ShapeList}}
	nested := []token.Source{{Path: []string{"ext", "https://x.example/a.b"}, Shape: token.ShapeKeys}}
	for name, c := range map[string]struct {
		from    []token.Source
		changes []any
		want    []string // nil: refused
	}{
		"either, one":                  {either, []any{"scope", "read"}, []string{"read"}},
		"either, two":                  {either, []any{"scope", []string{"read", "write"}}, []string{"read", "write"}},
		"either, words":                {either, []any{"scope", "read write"}, []string{"read", "write"}},
		"either, neither":              {either, []any{"scope", object{"read": 1}}, nil},
		"either, mixed":                {either, []any{"scope", []any{"read", 1}}, nil},
		"either, null":                 {either, []any{"scope", null}, nil},
		"either, none":                 {either, []any{"scope", nil}, []string{}},
		"the usual shape":              {[]token.Source{{Claim: "scp"}}, []any{"scp", "a b"}, []string{"a", "b"}},
		"the usual shape, a list":      {[]token.Source{{Claim: "scp"}}, []any{"scp", []string{"a"}}, nil},
		"joined":                       {both, []any{"scope", "a b", "permissions", []string{"c", "a"}}, []string{"a", "b", "c"}},
		"joined, the first missing":    {both, []any{"scope", nil, "permissions", []string{"c"}}, []string{"c"}},
		"joined, the second missing":   {both, []any{"scope", "a"}, []string{"a"}},
		"joined, both missing":         {both, []any{"scope", nil}, []string{}},
		"joined, the second misshaped": {both, []any{"scope", "a", "permissions", "admin"}, nil},
		"joined, the second null":      {both, []any{"scope", "a", "permissions", null}, nil},
		"either, to be had elsewhere":  {either, []any{"scope", nil, "_claim_names", object{"scope": "src1"}}, []string{}},
		"joined, to be had elsewhere":  {both, []any{"scope", nil, "_claim_names", object{"scope": "src1"}}, nil},
		"smuggled in one element":      {both, []any{"scope", "a", "permissions", []string{"b admin"}}, []string{"a", "b admin"}},
		"nested keys":                  {nested, []any{"ext", object{"https://x.example/a.b": object{"r": object{}}}}, []string{"r"}},
		"nested, through an array":     {nested, []any{"ext", []any{}}, nil},
		"nested, nothing around it":    {nested, nil, []string{}},
		"nested, null around it":       {nested, []any{"ext", null}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := under(t, token.Profile{Scopes: c.from}, c.changes...)
			if c.want == nil {
				require.ErrorIs(t, err, token.ErrClaim)
				assert.ErrorContains(t, err, "Config.Profile.Scopes")
				return
			}
			require.NoError(t, err)
			assert.ElementsMatch(t, c.want, got.Scopes())
			assert.False(t, got.HasScope("admin"))
		})
	}
}

func TestC_9068_2_2_3_1_1_Sets(t *testing.T) {
	t.Parallel()
	roles := map[string][]token.Source{
		"roles":  {{Path: []string{"realm_access", "roles"}}, {Path: []string{"resource_access", "photos.app", "roles"}}},
		"groups": {{Claim: "groups", Shape: token.ShapeTextOrList}},
		"zroles": {{Claim: "urn:zitadel:roles", Shape: token.ShapeKeys}},
	}
	for name, c := range map[string]struct {
		set     string
		changes []any
		want    []string // nil: not known
	}{
		"none":                         {"roles", nil, []string{}},
		"one source":                   {"roles", []any{"realm_access", object{"roles": []string{"admin", "user", "admin"}}}, []string{"admin", "user"}},
		"both":                         {"roles", []any{"realm_access", object{"roles": []string{"user"}}, "resource_access", object{"photos.app": object{"roles": []string{"editor"}}, "other": object{"roles": []string{"admin"}}}}, []string{"user", "editor"}},
		"a dotted name taken apart":    {"roles", []any{"resource_access", object{"photos": object{"app": object{"roles": []string{"admin"}}}}}, []string{}},
		"another client's":             {"roles", []any{"resource_access", object{"account": object{"roles": []string{"admin"}}}}, []string{}},
		"through an array":             {"roles", []any{"realm_access", []any{object{"roles": []string{"admin"}}}}, nil},
		"one readable, one not":        {"roles", []any{"realm_access", object{"roles": []string{"user"}}, "resource_access", "x"}, nil},
		"misshaped":                    {"roles", []any{"realm_access", object{"roles": "admin"}}, nil},
		"mixed":                        {"roles", []any{"realm_access", object{"roles": []any{"admin", 1}}}, nil},
		"null":                         {"roles", []any{"realm_access", object{"roles": nil}}, []string{}},
		"empty":                        {"roles", []any{"realm_access", object{"roles": []string{""}}}, []string{}},
		"a text":                       {"groups", []any{"groups", "staff"}, []string{"staff"}},
		"a text of words":              {"groups", []any{"groups", "staff admin"}, []string{"staff admin"}},
		"1000 values":                  {"groups", []any{"groups", numbered(1000)}, numbered(1000)},
		"1001 values":                  {"groups", []any{"groups", numbered(1001)}, nil},
		"1001 values in two places":    {"roles", []any{"realm_access", object{"roles": numbered(1000)}, "resource_access", object{"photos.app": object{"roles": []string{"x"}}}}, nil},
		"a value of 1024 bytes":        {"groups", []any{"groups", strings.Repeat("x", 1024)}, []string{strings.Repeat("x", 1024)}},
		"a value of 1025 bytes":        {"groups", []any{"groups", strings.Repeat("x", 1025)}, nil},
		"to be had elsewhere":          {"groups", []any{"_claim_names", object{"groups": "src1"}}, nil},
		"null, to be had elsewhere":    {"groups", []any{"groups", null, "_claim_names", object{"groups": "src1"}}, nil},
		"others to be had elsewhere":   {"groups", []any{"_claim_names", object{"roles": "src1"}}, []string{}},
		"keys":                         {"zroles", []any{"urn:zitadel:roles", object{"reader": object{"1": "x.example"}}}, []string{"reader"}},
		"keys in the inner object":     {"zroles", []any{"urn:zitadel:roles", object{"reader": object{"admin": "x.example"}}}, []string{"reader"}},
		"a set of no profile":          {"permissions", []any{"permissions", []string{"admin"}}, nil},
		"the name of a set as a claim": {"roles", []any{"roles", []string{"admin"}}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := under(t, token.Profile{Sets: roles}, c.changes...)
			require.NoError(t, err)
			values, known := got.Values(c.set)
			assert.Equal(t, c.want != nil, known)
			assert.ElementsMatch(t, c.want, values)
			for _, v := range c.want {
				assert.True(t, got.HasValue(c.set, v))
				assert.False(t, got.HasScope(v), "a set is no scope")
			}
			assert.False(t, got.HasValue(c.set, "nothing"))
		})
	}
}

func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	return list
}

// What is remembered of a token has its sets, and what a caller gets is its own.
func TestSetsAreRemembered(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, func(c *token.Config) {
		c.Profile.Sets = map[string][]token.Source{"roles": {{Claim: "roles"}}, "groups": {{Claim: "groups"}}, "wids": {{Claim: "wids"}}}
	})
	raw := claims("roles", []string{"admin", "user"}, "wids", []any{1}).token()
	for i := range 3 {
		got, err := v.Authenticate(t.Context(), token.Bearer(raw))
		require.NoError(t, err)
		assert.Equal(t, i > 0, got.Remembered())
		roles, known := got.Values("roles")
		assert.True(t, known)
		assert.Equal(t, []string{"admin", "user"}, roles)
		roles[0] = "changed"
		groups, known := got.Values("groups")
		assert.True(t, known, "a set without values is known")
		assert.Empty(t, groups)
		_, known = got.Values("wids")
		assert.False(t, known)
	}
	assert.True(t, token.HasSet(v, "roles"))
	assert.False(t, token.HasSet(v, "scopes"))
	assert.True(t, token.HasSet(nil, "scopes"))
	assert.True(t, token.HasSet((*token.Verifier)(nil), "scopes"))
	assert.True(t, token.HasSet(token.ByIssuer(map[string]token.Authenticator{issuer: v}), "wids"))
	assert.False(t, token.HasSet(token.ByIssuer(map[string]token.Authenticator{issuer: v}), "scopes"))
	for _, none := range []*token.Token{nil, {}} {
		values, known := none.Values("roles")
		assert.False(t, known || none.HasValue("roles", "admin"))
		assert.Nil(t, values)
	}
}

// A claim that stands for aud is exact, and an aud that is there as well must
// pass too.
func TestC_7519_4_1_3_1_AudienceElsewhere(t *testing.T) {
	t.Parallel()
	p := token.Profile{AudienceClaim: "azp", Rules: []token.Mark{{Claim: "token_use", Values: []string{"access"}}}, ClientIDs: []string{"other", audience}}
	for name, c := range map[string]struct {
		changes []any
		want    error
	}{
		"elsewhere":             {[]any{"aud", nil, "azp", audience}, nil},
		"elsewhere, a list":     {[]any{"aud", nil, "azp", []string{"x", audience}}, nil},
		"both":                  {[]any{"azp", audience}, token.ErrType}, // ClientIDs lists aud
		"elsewhere, listed":     {[]any{"aud", nil, "azp", audience}, nil},
		"nowhere":               {[]any{"aud", nil}, token.ErrAudience},
		"aud alone":             {nil, token.ErrAudience},
		"another's":             {[]any{"aud", nil, "azp", "other"}, token.ErrAudience},
		"another's, and aud":    {[]any{"azp", "other"}, token.ErrAudience},
		"ours, aud another's":   {[]any{"aud", "https://other.example", "azp", audience}, token.ErrAudience},
		"ours, aud null":        {[]any{"aud", null, "azp", audience}, token.ErrAudience},
		"ours, aud empty":       {[]any{"aud", []string{}, "azp", audience}, token.ErrAudience},
		"ours, aud an object":   {[]any{"aud", object{}, "azp", audience}, token.ErrClaim},
		"another case":          {[]any{"aud", nil, "azp", strings.ToUpper(audience)}, token.ErrAudience},
		"an object":             {[]any{"aud", nil, "azp", object{audience: 1}}, token.ErrClaim},
		"a number among them":   {[]any{"aud", nil, "azp", []any{audience, 1}}, token.ErrClaim},
		"an ID token":           {[]any{"aud", nil, "azp", audience, "token_use", "id"}, token.ErrClaim},
		"nothing tells its use": {[]any{"aud", nil, "azp", audience, "token_use", nil}, token.ErrClaim},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			profile, listed := p, name == "both" || name == "elsewhere, listed"
			if !listed {
				profile.ClientIDs = nil
			} else {
				profile.Types = []string{"JWT", "at+jwt"}
			}
			m := claims(append([]any{"token_use", "access"}, c.changes...)...)
			if listed {
				m.header = map[string]any{"typ": "JWT"}
			}
			profile.Required = []string{}
			v := newVerifier(t, func(cfg *token.Config) { cfg.Profile = profile })
			for range 3 {
				got, err := v.Authenticate(t.Context(), token.Bearer(m.token()))
				require.ErrorIs(t, err, c.want)
				if c.want == nil {
					assert.Contains(t, got.Audience(), audience)
				}
			}
		})
	}
}

func TestSourcesRefused(t *testing.T) {
	t.Parallel()
	set := func(s ...token.Source) token.Profile {
		return token.Profile{Sets: map[string][]token.Source{"roles": s}}
	}
	scopes := func(s ...token.Source) token.Profile { return token.Profile{Scopes: s} }
	elsewhere := func(p token.Profile) token.Profile {
		p.AudienceClaim = "client_id"
		p.AllowMissingType = true
		return p
	}
	wide := map[string][]token.Source{}
	for i := range 9 {
		for j := range 8 {
			wide[fmt.Sprint(i)] = append(wide[fmt.Sprint(i)], token.Source{Claim: fmt.Sprintf("c%d%d", i, j)})
		}
	}
	narrow := map[string][]token.Source{}
	for i := range 8 {
		narrow[fmt.Sprint(i)] = wide[fmt.Sprint(i)]
	}
	crowd := map[string][]token.Source{}
	for i := range 17 {
		crowd[fmt.Sprint(i)] = []token.Source{{Claim: "a"}}
	}
	rule := func(m token.Mark) token.Profile { return token.Profile{Rules: []token.Mark{m}} }
	deep := strings.Split("abcdefghi", "")
	for name, c := range map[string]struct {
		profile token.Profile
		good    bool
	}{
		"scopes twice":               {token.Profile{Scopes: []token.Source{{Claim: "a"}}, ScopeClaim: "b"}, false},
		"scopes and a list":          {token.Profile{Scopes: []token.Source{{Claim: "a"}}, ScopeList: true}, false},
		"no scopes":                  {token.Profile{Scopes: []token.Source{}}, false},
		"scopes from azp":            {scopes(token.Source{Claim: "scope"}, token.Source{Claim: "azp"}), false},
		"scopes from the client id":  {token.Profile{ClientIDClaim: "app", Scopes: []token.Source{{Claim: "app"}}}, false},
		"scopes inside of client_id": {scopes(token.Source{Path: []string{"client_id", "scopes"}}), false},
		"scopes from a nickname":     {scopes(token.Source{Claim: "nickname"}), false},
		"the nickname as scope":      {token.Profile{ScopeClaim: "nickname"}, false},
		"emails as a set":            {set(token.Source{Claim: "email", Shape: token.ShapeText}), true},
		"clients as a set":           {set(token.Source{Claim: "azp", Shape: token.ShapeText}), true},
		"no claim":                   {set(token.Source{}), false},
		"claim and path":             {set(token.Source{Claim: "a", Path: []string{"b"}}), false},
		"an empty path":              {set(token.Source{Path: []string{}}), false},
		"an empty name":              {set(token.Source{Path: []string{"a", ""}}), false},
		"eight names":                {set(token.Source{Path: deep[:8]}), true},
		"nine names":                 {set(token.Source{Path: deep}), false},
		"nine names of a rule":       {rule(token.Mark{Path: deep, Present: true}), false},
		"an unknown shape":           {set(token.Source{Claim: "a", Shape: 99}), false},
		"a boolean set":              {set(token.Source{Claim: "a", Shape: token.ShapeBoolean}), false},
		"a rule of an unknown shape": {rule(token.Mark{Claim: "a", Shape: 99, Present: true}), false},
		"sub as roles":               {set(token.Source{Claim: "sub"}), false},
		"inside of act":              {set(token.Source{Path: []string{"act", "sub"}}), false},
		"eight sources":              {set(wide["0"]...), true},
		"nine sources":               {set(append(wide["0"], wide["1"][0])...), false},
		"no sources":                 {set(), false},
		"a set without a name":       {token.Profile{Sets: map[string][]token.Source{"": {{Claim: "a"}}}}, false},
		"17 sets":                    {token.Profile{Sets: crowd}, false},
		"64 claims":                  {token.Profile{Sets: narrow}, true},
		"72 claims":                  {token.Profile{Sets: wide}, false},
		"64 claims and a rule":       {token.Profile{Sets: narrow, Rules: []token.Mark{{Claim: "a", Present: true}}}, false},
		"a rule about iss":           {rule(token.Mark{Claim: "iss", Values: []string{"x"}}), false},
		"a rule inside of cnf":       {rule(token.Mark{Path: []string{"cnf", "jkt"}, Present: true}), false},
		"a rule without a condition": {rule(token.Mark{Claim: "a"}), false},

		"audience, nothing tells":       {elsewhere(token.Profile{}), false},
		"audience, a type tells":        {token.Profile{AudienceClaim: "client_id"}, true},
		"audience, a type, spelled out": {token.Profile{AudienceClaim: "client_id", Types: []string{"application/AT+JWT"}}, true},
		"audience, another type":        {token.Profile{AudienceClaim: "client_id", Types: []string{"at+jwt", "JWT"}}, false},
		"audience, a rule tells":        {elsewhere(rule(token.Mark{Claim: "token_use", Values: []string{"access"}})), true},
		"audience, presence tells":      {elsewhere(rule(token.Mark{Claim: "scope", Present: true})), true},
		"audience, a claim tells":       {elsewhere(token.Profile{Required: []string{"scope"}}), true},
		"audience, azp says nothing":    {elsewhere(rule(token.Mark{Claim: "azp", Values: []string{"app"}})), false},
		"audience, itself":              {elsewhere(rule(token.Mark{Claim: "client_id", Values: []string{"app"}})), false},
		"audience, the email":           {elsewhere(rule(token.Mark{Claim: "email", Values: []string{"a@x.example"}})), false},
		"audience, jti":                 {elsewhere(token.Profile{Required: []string{"sub", "jti", "iat", "name"}}), false},
		"audience, what is not there":   {elsewhere(rule(token.Mark{Claim: "email_x", Absent: true})), false},
		"audience, what it is not":      {elsewhere(rule(token.Mark{Claim: "token_use", Values: []string{"id"}, Not: true})), false},
		"audience, another client id":   {elsewhere(token.Profile{ClientIDClaim: "azp", Required: []string{"appid"}}), false},
		"audience, azp and client_id":   {token.Profile{AudienceClaim: "azp", ClientIDClaim: "cid", Types: []string{"JWT"}, Required: []string{"client_id", "_claim_names", "sub_jwk"}}, false},
		"audience, a client id by rule": {elsewhere(rule(token.Mark{Claim: "cid", Present: true})), false},
		"audience from a nickname":      {token.Profile{AudienceClaim: "nickname"}, false},
		"audience from a scope claim":   {token.Profile{AudienceClaim: "perms", ScopeClaim: "perms"}, false},
		"audience from among scopes":    {token.Profile{AudienceClaim: "perms", Scopes: []token.Source{{Claim: "scope"}, {Path: []string{"perms", "here"}}}}, false},
		"audience from sub":             {token.Profile{AudienceClaim: "sub"}, false},
		"audience from aud":             {token.Profile{AudienceClaim: "aud"}, false},
		"audience from scope":           {token.Profile{AudienceClaim: "scope"}, false},
		"audience from scp":             {token.Profile{AudienceClaim: "scp"}, false},
		"audience, a type like it":      {token.Profile{AudienceClaim: "client_id", Types: []string{"multipart/xxat+jwt"}}, false},
		"the second of two sets":        {token.Profile{Sets: map[string][]token.Source{"a": {{Claim: "a"}}, "b": {{}}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.Profile = c.profile
			err := cfg.Validate()
			if c.good {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err.Error())
			assert.ErrorContains(t, err, "Profile.")
		})
	}
}

// An error names the place of the claim as the settings spell it.
func TestSourcesAreNamed(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]token.Source{
		`about claim "sub",`: {Claim: "sub"}, `about claim ["act" "sub"],`: {Path: []string{"act", "sub"}},
	} {
		cfg := config()
		cfg.Profile.Scopes = []token.Source{s}
		assert.ErrorContains(t, cfg.Validate(), want)
	}
}

// Settings that their owner changes later change no verdict.
func TestSourcesAreCopied(t *testing.T) {
	t.Parallel()
	from := []token.Source{{Path: []string{"a", "b"}}}
	rules := []token.Mark{{Path: []string{"c", "d"}, Values: []string{"x"}}}
	sets := map[string][]token.Source{"roles": from}
	v := newVerifier(t, func(c *token.Config) { c.Profile.Sets, c.Profile.Rules = sets, rules })
	from[0].Path[0], rules[0].Path[0], rules[0].Values[0] = "z", "z", "z"
	delete(sets, "roles")
	got, err := v.Authenticate(t.Context(), token.Bearer(claims("a", object{"b": []string{"r"}}, "c", object{"d": "x"}).token()))
	require.NoError(t, err)
	assert.True(t, got.HasValue("roles", "r"))
}

func TestShapesHaveNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for s := token.ShapeDefault; s <= token.ShapeBoolean; s++ {
		assert.False(t, seen[s.String()], s)
		seen[s.String()] = true
	}
	assert.Equal(t, "boolean", token.ShapeBoolean.String())
	assert.Equal(t, "unknown", (token.ShapeBoolean + 1).String())
}

// FuzzPaths holds places that the claims of a token are read from against a
// plain decoder: a value is found where it is, and nowhere else.
func FuzzPaths(f *testing.F) {
	f.Add(`{"a":{"b":["x"]}}`, "a", "b")
	f.Add(`{"a":[{"b":["x"]}]}`, "a", "b")
	f.Add(`{"a.b":["x"],"a":{"b":1}}`, "a.b", "b")
	f.Add(`{"a":{"b":["\ud83d\ude00",null]}}`, "a", "b")
	f.Fuzz(func(t *testing.T, extra, first, second string) {
		if first == "" || second == "" || !json.Valid([]byte(extra)) {
			return // no place, or nothing that a token can have
		}
		cfg := config()
		cfg.Profile = token.Profile{Required: []string{}, Sets: map[string][]token.Source{"s": {{Path: []string{"x", first, second}}}}}
		v, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		got, err := v.Authenticate(t.Context(), token.Bearer(claims("x", raw(extra)).token()))
		if err != nil {
			return // not strict JSON
		}
		values, known := got.Values("s")
		want, wantKnown := plainly(t, got, first, second)
		require.Equal(t, wantKnown, known, "%s", extra)
		require.ElementsMatch(t, want, values)
	})
}

// plainly reads the values of FuzzPaths from a tree of maps.
func plainly(t *testing.T, got *token.Token, names ...string) (values []string, known bool) {
	all, err := token.ClaimsOf[struct {
		X any `json:"x"`
	}](got)
	require.NoError(t, err)
	at := all.X
	for _, name := range names {
		if at == nil {
			return nil, true
		}
		members, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		at = members[name]
	}
	if at == nil {
		return nil, true
	}
	list, ok := at.([]any)
	seen := map[string]bool{}
	for _, each := range list {
		text, isText := each.(string)
		ok = ok && isText && len(text) <= 1024
		if text != "" && !seen[text] {
			seen[text] = true
			values = append(values, text)
		}
	}
	if !ok || len(list) > 1000 {
		return nil, false
	}
	return values, true
}
