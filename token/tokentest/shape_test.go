package tokentest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A token takes the shape of a profile, and edits after it follow that shape.
func TestShaped(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	for name, row := range map[string]struct {
		profile token.Profile
		edits   []tokentest.Edit
		want    []string // parts of the payload
		not     []string
	}{
		"audience in a claim": {
			profile: token.Profile{AudienceClaim: "client_id"},
			want:    []string{`"client_id":"https://api.example.com"`},
			not:     []string{`"aud"`, "test-client"},
		},
		"audience in a claim, set": {
			profile: token.Profile{AudienceClaim: "service"},
			edits:   []tokentest.Edit{tokentest.Audience("a", "b")},
			want:    []string{`"service":["a","b"]`, `"client_id":"test-client"`},
			not:     []string{`"aud"`},
		},
		"scopes at a path": {
			profile: token.Profile{Scopes: []token.Source{{Path: []string{"ext", "a.b", "scp"}, Shape: token.ShapeList}}},
			edits:   []tokentest.Edit{tokentest.Scope("a", "b")},
			want:    []string{`"ext":{"a.b":{"scp":["a","b"]}}`},
			not:     []string{`"scope"`},
		},
		"scopes at a path, taken out": {
			profile: token.Profile{Scopes: []token.Source{{Path: []string{"ext", "scp"}}}},
			edits:   []tokentest.Edit{tokentest.Claim("ext", map[string]any{"x": 1, "scp": "a"}), tokentest.Scope()},
			want:    []string{`"ext":{"x":1}`},
		},
		"scopes as keys": {
			profile: token.Profile{Scopes: []token.Source{{Claim: "rights", Shape: token.ShapeKeys}}},
			edits:   []tokentest.Edit{tokentest.Scope("b", "a")},
			want:    []string{`"rights":{"a":{},"b":{}}`},
		},
		"rules": {
			profile: token.Profile{Rules: []token.Mark{
				{Claim: "token_use", Values: []string{"access"}},
				{Path: []string{"ext", "staff"}, Shape: token.ShapeBoolean, Values: []string{"true"}},
				{Path: []string{"ext", "kinds"}, Shape: token.ShapeList, Values: []string{"a"}},
				{Claim: "anonymous", Shape: token.ShapeBoolean, Values: []string{"true"}, Not: true},
				{Claim: "jti", Absent: true},
			}},
			want: []string{`"token_use":"access"`, `"ext":{"kinds":["a"],"staff":true}`, `"anonymous":false`},
			not:  []string{`"jti"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := issuer.Token(tokentest.Shaped(row.profile), tokentest.Edits(row.edits...))
			payload := decoded(t, strings.Split(raw, ".")[1])
			for _, part := range row.want {
				assert.Contains(t, payload, part)
			}
			for _, part := range row.not {
				assert.NotContains(t, payload, part)
			}
		})
	}
}

// Edits that reach into a claim leave the value alone that another edit set, which
// other tokens have as well.
func TestPathsDoNotWrite(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	shared := map[string]any{"a": map[string]any{"b": "c"}}
	inside := tokentest.Marked(token.Mark{Path: []string{"x", "a", "kind"}, Values: []string{"user"}})
	without := tokentest.Marked(token.Mark{Path: []string{"x", "a", "b"}, Absent: true})
	raw := issuer.Token(tokentest.Claim("x", shared), inside, without)
	assert.Contains(t, decoded(t, strings.Split(raw, ".")[1]), `"x":{"a":{"kind":"user"}}`)
	assert.Equal(t, map[string]any{"a": map[string]any{"b": "c"}}, shared)
}
