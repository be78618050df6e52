package challenge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/token"
)

// The first and the last character that may stand in a challenge may, and
// their neighbours may not.
func TestEdgesOfPrintable(t *testing.T) {
	t.Parallel()
	for realm, want := range map[string]error{
		" ": nil, "~": nil, "a b~": nil, "\x1f": token.ErrConfig, "\x7f": token.ErrConfig, "\x00": token.ErrConfig, "é": token.ErrConfig, "a\r\nb": token.ErrConfig,
	} {
		assert.ErrorIs(t, challenge.Config{Realm: realm}.Validate(), want, "%q", realm)
	}
}

func TestURIsAreAbsolute(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]error{
		"https://x.example/y": nil, "https://x.example/~": nil,
		"//x.example/y": token.ErrConfig, "/y": token.ErrConfig, "https:y": token.ErrConfig, "https:///y": token.ErrConfig, "mailto:a@x.example": token.ErrConfig,
		"https://x.example/\x7f": token.ErrConfig, "https://x.example/é": token.ErrConfig, "https://x.example/ y": token.ErrConfig,
		`https://x.example/"`: token.ErrConfig, `https://x.example/\`: token.ErrConfig,
	} {
		assert.ErrorIs(t, challenge.Config{ErrorURI: uri}.Validate(), want, "%q", uri)
		assert.ErrorIs(t, challenge.Config{ResourceMetadata: uri}.Validate(), want, "%q", uri)
	}
}

// A scope that cannot be written takes the whole list with it, whatever is
// wrong with it.
func TestScopesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	table, err := challenge.New(challenge.Config{Realm: "api"})
	assert.NoError(t, err)
	const plain = `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope"`
	for _, scope := range []string{"", "a b", `a"`, `a\`, "a\x1f", "a\x7f", "a\r\nSet-Cookie: a=b", "é", "\x00"} {
		answer := table.Answer(&token.ScopeError{Need: []string{"read", scope}})
		assert.Equal(t, []string{plain}, answer.Challenges, "%q", scope)
		assert.Empty(t, answer.Metadata)
	}
	answer := table.Answer(&token.ScopeError{Need: []string{"!", "~"}})
	assert.Equal(t, []string{plain + `, scope="! ~"`}, answer.Challenges)
}
