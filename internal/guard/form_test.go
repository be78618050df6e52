package guard_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// selective is an Authenticator of two schemes. It parses tokens of the first.
type selective struct{ somebody }

func (selective) Schemes() []token.Scheme {
	return []token.Scheme{{Name: "Strict", ParsesToken: true}, {Name: "Lax"}}
}

// An Authenticator is asked about what is no token68 only under a scheme whose
// tokens it parses: another one could let it in.
func TestFormIsJudgedBefore(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		field string
		asked bool
		want  error
	}{
		"parsed":              {"Strict abc", true, token.ErrInactive},
		"parsed, no form":     {"Strict a,b", true, credentials.ErrMalformed},
		"not parsed":          {"Lax abc", true, token.ErrInactive},
		"not parsed, no form": {"Lax a,b", false, credentials.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := false
			g := newGuard(selective{func(context.Context, token.Presentation) (*token.Token, error) {
				asked = true
				return nil, token.ErrInactive
			}})
			err := g.Decide(t.Context(), scope.Authenticated, []string{row.field}, func() token.Call { return nil }).Err
			assert.ErrorIs(t, err, row.want)
			assert.Equal(t, row.asked, asked)
		})
	}
}

// fields is a call that keeps what it is to respond.
type fields struct{ guard.Response }

func (*fields) Request() token.Request       { return token.Request{} }
func (f *fields) Respond(t token.Field) bool { return f.Add(t) }

func TestResponse(t *testing.T) {
	t.Parallel()
	var call fields
	p := token.Presentation{Call: &call}
	assert.False(t, call.Add(token.Field{}), "the zero Field must not be sent")
	assert.Equal(t, token.ErrDenied, call.With(token.ErrDenied), "nothing to carry")
	for _, f := range [][2]string{{"DPoP-Nonce", "first"}, {"DPoP-Nonce", "next"}, {"Authentication-Info", "x"}} {
		assert.True(t, p.Respond(f[0], f[1]))
	}
	want := guard.Response{"DPoP-Nonce": "next", "Authentication-Info": "x"}
	assert.Equal(t, want, call.Response)
	assert.NoError(t, call.With(nil), "a success stays one")
	err := call.With(token.ErrDenied)
	assert.ErrorIs(t, err, token.ErrDenied)
	assert.Equal(t, want, guard.ResponseOf(err))
}
