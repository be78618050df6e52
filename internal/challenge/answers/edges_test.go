package answers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// A scope that cannot be written takes the whole list with it, whatever is
// wrong with it.
func TestScopesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	table := challenge.New(scope.Resource{Realm: "api"}, bearer)
	const plain = `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope"`
	for _, name := range []string{"", "a b", `a"`, `a\`, "a\x1f", "a\x7f", "a\r\nSet-Cookie: a=b", "é", "\x00"} {
		answer := table.Answer(&token.ScopeError{Need: []string{"read", name}}, "Bearer")
		assert.Equal(t, []string{plain}, answer.Challenges, "%q", name)
		assert.Empty(t, answer.Metadata)
	}
	answer := table.Answer(&token.ScopeError{Need: []string{"!", "~"}}, "Bearer")
	assert.Equal(t, []string{plain + `, scope="! ~"`}, answer.Challenges)
}
