package token_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// under verifies a good token with changes under a profile, three times, so
// that the memory answers as well. It requires no claims of its own.
func under(t *testing.T, profile token.Profile, changes ...any) (*token.Token, error) {
	t.Helper()
	if profile.Required == nil {
		profile.Required = []string{}
	}
	v := newVerifier(t, func(c *token.Config) { c.Profile = profile })
	raw := claims(changes...).token()
	first, firstErr := v.Authenticate(t.Context(), token.Bearer(raw))
	for range 2 {
		_, err := v.Authenticate(t.Context(), token.Bearer(raw))
		assert.Equal(t, token.Reason(firstErr), token.Reason(err))
	}
	return first, firstErr
}

type object = map[string]any

// raw is JSON as it stands in the token.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// A token bears every rule of its issuer's profile, or is refused.
func TestC_8725_3_12_1_RulesAboutClaims(t *testing.T) {
	t.Parallel()
	use := token.Mark{Claim: "token_use", Values: []string{"access"}}
	role := token.Mark{Path: []string{"realm_access", "roles"}, Shape: token.ShapeList, Values: []string{"admin"}}
	dotted := token.Mark{Path: []string{"https://a.example/x.y", "a.b/c~d"}, Values: []string{"yes"}}
	shaped := func(s token.Shape) token.Mark { return token.Mark{Claim: "a", Shape: s, Values: []string{"x"}} }
	not := func(m token.Mark) token.Mark { m.Not = true; return m }
	present, absent := token.Mark{Path: []string{"a", "b"}, Present: true}, token.Mark{Path: []string{"a", "b"}, Absent: true}
	long := strings.Repeat("x", 1025)
	for name, c := range map[string]struct {
		rules   []token.Mark
		changes []any
		pass    bool
	}{
		"no rules":                         {nil, nil, true},
		"the value":                        {[]token.Mark{use}, []any{"token_use", "access"}, true},
		"the value, spelled oddly":         {[]token.Mark{use}, []any{"token_use", raw(`"\u0061ccess"`)}, true},
		"another value":                    {[]token.Mark{use}, []any{"token_use", "id"}, false},
		"no such claim":                    {[]token.Mark{use}, nil, false},
		"null":                             {[]token.Mark{use}, []any{"token_use", null}, false},
		"empty":                            {[]token.Mark{use}, []any{"token_use", ""}, false},
		"an array for a text":              {[]token.Mark{use}, []any{"token_use", []string{"access"}}, false},
		"another case of the value":        {[]token.Mark{use}, []any{"token_use", "Access"}, false},
		"another case of the name":         {[]token.Mark{use}, []any{"Token_Use", "access"}, false},
		"the claim inside of another":      {[]token.Mark{use}, []any{"x", object{"token_use": "access"}}, false},
		"both of two":                      {[]token.Mark{use, role}, []any{"token_use", "access", "realm_access", object{"roles": []string{"admin"}}}, true},
		"the first of two":                 {[]token.Mark{use, role}, []any{"token_use", "access"}, false},
		"the second of two":                {[]token.Mark{use, role}, []any{"realm_access", object{"roles": []string{"admin"}}}, false},
		"path":                             {[]token.Mark{role}, []any{"realm_access", object{"x": 1, "roles": []string{"user", "admin"}}}, true},
		"path, another value":              {[]token.Mark{role}, []any{"realm_access", object{"roles": []string{"user"}}}, false},
		"path, a text":                     {[]token.Mark{role}, []any{"realm_access", object{"roles": "admin"}}, false},
		"path, mixed":                      {[]token.Mark{role}, []any{"realm_access", object{"roles": []any{"admin", 1}}}, false},
		"path, null among them":            {[]token.Mark{role}, []any{"realm_access", object{"roles": []any{"admin", nil}}}, false},
		"path through an array":            {[]token.Mark{role}, []any{"realm_access", []any{object{"roles": []string{"admin"}}}}, false},
		"path through a text":              {[]token.Mark{role}, []any{"realm_access", `{"roles":["admin"]}`}, false},
		"path, spelled as one name":        {[]token.Mark{role}, []any{"realm_access.roles", []string{"admin"}}, false},
		"path, its end at the top":         {[]token.Mark{role}, []any{"roles", []string{"admin"}}, false},
		"path, too deep":                   {[]token.Mark{role}, []any{"realm_access", object{"realm_access": object{"roles": []string{"admin"}}}}, false},
		"names with dots and slashes":      {[]token.Mark{dotted}, []any{"https://a.example/x.y", object{"a.b/c~d": "yes"}}, true},
		"names with dots, split":           {[]token.Mark{dotted}, []any{"https://a.example/x.y", object{"a.b": object{"c~d": "yes"}}}, false},
		"not, another value":               {[]token.Mark{not(use)}, []any{"token_use", "id"}, true},
		"not, the value":                   {[]token.Mark{not(use)}, []any{"token_use", "access"}, false},
		"not, no such claim":               {[]token.Mark{not(use)}, nil, false},
		"not, among several":               {[]token.Mark{not(role)}, []any{"realm_access", object{"roles": []string{"user", "admin"}}}, false},
		"not, none of them":                {[]token.Mark{not(role)}, []any{"realm_access", object{"roles": []string{"user"}}}, true},
		"not, an empty list":               {[]token.Mark{not(role)}, []any{"realm_access", object{"roles": []string{}}}, false},
		"not, only empty values":           {[]token.Mark{not(role)}, []any{"realm_access", object{"roles": []string{""}}}, false},
		"not, path through an array":       {[]token.Mark{not(role)}, []any{"realm_access", []any{}}, false},
		"words":                            {[]token.Mark{shaped(token.ShapeWords)}, []any{"a", "y  x"}, true},
		"words, a tab":                     {[]token.Mark{shaped(token.ShapeWords)}, []any{"a", "y\tx"}, false},
		"words, a list":                    {[]token.Mark{shaped(token.ShapeWords)}, []any{"a", []string{"x"}}, false},
		"text, of words":                   {[]token.Mark{shaped(token.ShapeText)}, []any{"a", "x y"}, false},
		"list":                             {[]token.Mark{shaped(token.ShapeList)}, []any{"a", []string{"y", "x"}}, true},
		"list, of words":                   {[]token.Mark{shaped(token.ShapeList)}, []any{"a", []string{"y x"}}, false},
		"list, a text":                     {[]token.Mark{shaped(token.ShapeList)}, []any{"a", "x"}, false},
		"words or list, words":             {[]token.Mark{shaped(token.ShapeWordsOrList)}, []any{"a", "y x"}, true},
		"words or list, list":              {[]token.Mark{shaped(token.ShapeWordsOrList)}, []any{"a", []string{"x"}}, true},
		"words or list, keys":              {[]token.Mark{shaped(token.ShapeWordsOrList)}, []any{"a", object{"x": 1}}, false},
		"text or list, text":               {[]token.Mark{shaped(token.ShapeTextOrList)}, []any{"a", "x"}, true},
		"text or list, words":              {[]token.Mark{shaped(token.ShapeTextOrList)}, []any{"a", "x y"}, false},
		"text or list, list":               {[]token.Mark{shaped(token.ShapeTextOrList)}, []any{"a", []string{"x"}}, true},
		"keys":                             {[]token.Mark{shaped(token.ShapeKeys)}, []any{"a", object{"y": 1, "x": nil}}, true},
		"keys, of a value":                 {[]token.Mark{shaped(token.ShapeKeys)}, []any{"a", object{"y": "x"}}, false},
		"keys, a list":                     {[]token.Mark{shaped(token.ShapeKeys)}, []any{"a", []string{"x"}}, false},
		"boolean":                          {[]token.Mark{{Claim: "a", Shape: token.ShapeBoolean, Values: []string{"true"}}}, []any{"a", true}, true},
		"boolean, the other":               {[]token.Mark{{Claim: "a", Shape: token.ShapeBoolean, Values: []string{"true"}}}, []any{"a", false}, false},
		"boolean, a text":                  {[]token.Mark{{Claim: "a", Shape: token.ShapeBoolean, Values: []string{"true"}}}, []any{"a", "true"}, false},
		"text, a boolean":                  {[]token.Mark{{Claim: "a", Values: []string{"true"}}}, []any{"a", true}, false},
		"text, a number":                   {[]token.Mark{{Claim: "a", Values: []string{"1"}}}, []any{"a", 1}, false},
		"a value of 1024 bytes":            {[]token.Mark{{Claim: "a", Prefix: "x"}}, []any{"a", long[1:]}, true},
		"a value of 1025 bytes":            {[]token.Mark{{Claim: "a", Prefix: "x"}}, []any{"a", long}, false},
		"not, a value of 1025 bytes":       {[]token.Mark{{Claim: "a", Prefix: "y", Not: true}}, []any{"a", long}, false},
		"a list with a value of 1024":      {[]token.Mark{shaped(token.ShapeList)}, []any{"a", []string{"x", long[1:]}}, true},
		"a list with a value of 1025":      {[]token.Mark{shaped(token.ShapeList)}, []any{"a", []string{"x", long}}, false},
		"1000 values":                      {[]token.Mark{shaped(token.ShapeWords)}, []any{"a", strings.Repeat("y ", 999) + "x"}, true},
		"1001 values":                      {[]token.Mark{shaped(token.ShapeWords)}, []any{"a", strings.Repeat("y ", 1000) + "x"}, false},
		"the client id":                    {[]token.Mark{{Claim: "a", ClientID: true}}, []any{"a", "client"}, true},
		"the client id, in a list":         {[]token.Mark{{Claim: "a", Shape: token.ShapeList, ClientID: true}}, []any{"a", []string{"client"}}, true},
		"the client id, of a token of one": {[]token.Mark{{Claim: "a", ClientID: true}}, []any{"a", "", "client_id", ""}, false},
		"not the client id, absent":        {[]token.Mark{{Claim: "a", ClientID: true, Not: true}}, []any{"a", "b", "client_id", nil}, false},
		"present":                          {[]token.Mark{present}, []any{"a", object{"b": false}}, true},
		"present, null":                    {[]token.Mark{present}, []any{"a", object{"b": nil}}, false},
		"present, nothing around it":       {[]token.Mark{present}, nil, false},
		"present, in an array":             {[]token.Mark{present}, []any{"a", []any{object{"b": 1}}}, false},
		"absent":                           {[]token.Mark{absent}, []any{"a", object{"c": 1}}, true},
		"absent, nothing around it":        {[]token.Mark{absent}, nil, true},
		"absent, null around it":           {[]token.Mark{absent}, []any{"a", null}, true},
		"absent, but there":                {[]token.Mark{absent}, []any{"a", object{"b": ""}}, false},
		"absent, undecidable":              {[]token.Mark{absent}, []any{"a", "b"}, false},
		"absent, had elsewhere":            {[]token.Mark{{Claim: "groups", Absent: true}}, []any{"_claim_names", object{"groups": "src1"}}, false},
		"null, had elsewhere":              {[]token.Mark{{Claim: "groups", Absent: true}}, []any{"groups", null, "_claim_names", object{"groups": "src1"}}, false},
		"absent, within another elsewhere": {[]token.Mark{{Path: []string{"groups", "a"}, Absent: true}}, []any{"groups", null, "_claim_names", object{"groups": "src1"}}, false},
		"absent, another elsewhere":        {[]token.Mark{{Claim: "groups", Absent: true}}, []any{"_claim_names", object{"roles": "src1"}}, true},
		"absent, elsewhere unreadable":     {[]token.Mark{{Claim: "groups", Absent: true}}, []any{"_claim_names", []string{"groups"}}, false},
		"present, and elsewhere too":       {[]token.Mark{{Claim: "groups", Present: true}}, []any{"groups", "x", "_claim_names", object{"groups": "src1"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := under(t, token.Profile{Rules: c.rules}, c.changes...)
			if c.pass {
				require.NoError(t, err)
				assert.False(t, got.IsZero())
				return
			}
			assert.ErrorIs(t, err, token.ErrClaim)
			assertOneLine(t, err.Error())
			assert.ErrorContains(t, err, "Config.Profile.Rules")
		})
	}
}

// Each of the most marks that a profile may have is looked at.
func TestManyRules(t *testing.T) {
	t.Parallel()
	var p token.Profile
	var changes []any
	for _, c := range "abcdefghijklmnop" {
		p.Rules = append(p.Rules, token.Mark{Claim: string(c), Values: []string{"x"}})
		changes = append(changes, string(c), "x")
	}
	_, err := under(t, p, changes...)
	require.NoError(t, err)
	for i := range p.Rules {
		broken := append([]any{}, changes...)
		broken[2*i+1] = "y"
		_, err := under(t, p, broken...)
		require.ErrorIs(t, err, token.ErrClaim)
		require.ErrorContains(t, err, broken[2*i].(string)+" is")
	}
}

// An error names the claim at its path, what was seen and what is wanted.
func TestRulesSayWhatTheyWant(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]token.Mark{
		`a~0b~1c/d`:                          {Path: []string{"x", "a~b/c", "d"}, Values: []string{"y"}},
		`want one of`:                        {Claim: "idtyp", Values: []string{"app", "x\n"}},
		`idtyp is "user", want one of`:       {Claim: "idtyp", Shape: token.ShapeText, Values: []string{"app"}},
		`want anything but one of`:           {Claim: "idtyp", Values: []string{"user"}, Not: true},
		`an array of strings with one of`:    {Claim: "idtyp", Shape: token.ShapeList, Values: []string{"user"}},
		`a text that begins with`:            {Claim: "idtyp", Prefix: "x"},
		`a text that ends with`:              {Claim: "idtyp", Suffix: "x"},
		`want the client id`:                 {Claim: "idtyp", ClientID: true},
		`want it to be there`:                {Claim: "gone", Present: true},
		`idtyp is "user", want it not to be`: {Claim: "idtyp", Absent: true},
	} {
		_, err := under(t, token.Profile{Rules: []token.Mark{m}}, "idtyp", "user")
		require.ErrorIs(t, err, token.ErrClaim, want)
		assert.ErrorContains(t, err, want)
		assertOneLine(t, err.Error())
	}
}
