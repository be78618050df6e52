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
	} {
		var list []token.Mark
		require.NoError(t, marks.AppendTo(&list)(text))
		assert.Equal(t, []token.Mark{want}, list, text)
	}
	for _, text := range []string{"", "!", "=", "=x", "!=x", "a=", "a=*", "a!=**"} {
		var list []token.Mark
		assert.ErrorIs(t, marks.AppendTo(&list)(text), marks.ErrSyntax, text)
		assert.Empty(t, list)
	}
}
