package marks_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/marks"
	"github.com/postern-go/postern/token"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]token.Mark{
		"idtyp=app":       {Claim: "idtyp", Values: []string{"app"}},
		"idtyp!=app":      {Claim: "idtyp", Values: []string{"app"}, Not: true},
		"sub=auth0|*":     {Claim: "sub", Prefix: "auth0|"},
		"sub!=*@clients":  {Claim: "sub", Suffix: "@clients", Not: true},
		"sub={client_id}": {Claim: "sub", ClientID: true},
		"a=b=c":           {Claim: "a", Values: []string{"b=c"}},
		"email":           {Claim: "email", Present: true},
		"!sub":            {Claim: "sub", Absent: true},

		"/realm_access/roles:list=x":       {Path: []string{"realm_access", "roles"}, Shape: token.ShapeList, Values: []string{"x"}},
		"/a~1b!=*x":                        {Path: []string{"a/b"}, Suffix: "x", Not: true},
		"!/a/b":                            {Path: []string{"a", "b"}, Absent: true},
		"/a/b":                             {Path: []string{"a", "b"}, Present: true},
		"groups:words-or-list={client_id}": {Claim: "groups", Shape: token.ShapeWordsOrList, ClientID: true},
		"https://example.com/roles=x":      {Claim: "https://example.com/roles", Values: []string{"x"}},
		"ok:boolean=true":                  {Claim: "ok", Shape: token.ShapeBoolean, Values: []string{"true"}},
	} {
		var list []token.Mark
		require.NoError(t, marks.AppendTo(&list)(text))
		assert.Equal(t, []token.Mark{want}, list, text)
	}
	for _, text := range []string{"", "!", "=", "=x", "!=x", "a=", "a=*", "a!=**", "/a~2", "!/a~", ":list=x", "/~=x", "a!=*b*", "a!=b*c", "a=b**", "!a!=b"} {
		var list []token.Mark
		assert.ErrorIs(t, marks.AppendTo(&list)(text), marks.ErrSyntax, text)
		assert.Empty(t, list)
	}
}

func TestParseSource(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]token.Source{
		"scope":                     {Claim: "scope"},
		"scp:words or list":         {Claim: "scp", Shape: token.ShapeWordsOrList},
		"/a/b:keys":                 {Path: []string{"a", "b"}, Shape: token.ShapeKeys},
		"urn:example:roles":         {Claim: "urn:example:roles"},
		"urn:example:list:list":     {Claim: "urn:example:list", Shape: token.ShapeList},
		"https://example.com/roles": {Claim: "https://example.com/roles"},
	} {
		var list []token.Source
		require.NoError(t, marks.AppendSource(&list, text))
		assert.Equal(t, []token.Source{want}, list, text)
	}
	for _, text := range []string{"", ":list", "/a~", "/~2:list"} {
		var list []token.Source
		assert.ErrorIs(t, marks.AppendSource(&list, text), marks.ErrSyntax, text)
		assert.Empty(t, list)
	}
}
