package seams_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// twoSchemes is an Authenticator of the user's own for a second scheme.
type twoSchemes struct{ judge }

func (twoSchemes) Schemes() []token.Scheme {
	return []token.Scheme{{Name: "Bearer"}, {Name: "Proof", Params: []token.Param{{Name: "algs", Value: "ES256"}}}}
}

const bearerLine, proofLine = `Bearer realm="orders"`, `Proof realm="orders", algs="ES256"`

// Guards read credentials by the schemes of their Authenticator, and challenge
// by them.
func TestSecondScheme(t *testing.T) {
	t.Parallel()
	const wrong = `, error="invalid_token", error_description="The access token is not active"`
	const twice = `, error="invalid_request", error_description="More than one access token was presented"`
	for name, row := range map[string]struct {
		sent []string
		want []string // challenges
	}{
		"good by the second scheme": {[]string{"proof good"}, nil},
		"good by the first":         {[]string{"Bearer good"}, nil},
		"bad by the second":         {[]string{"Proof bad"}, []string{bearerLine, `Proof realm="orders"` + wrong + `, algs="ES256"`}},
		"bad by the first":          {[]string{"Bearer bad"}, []string{`Bearer realm="orders"` + wrong, proofLine}},
		"none":                      {nil, []string{bearerLine, proofLine}},
		"a third":                   {[]string{"Basic good"}, []string{bearerLine, proofLine}},
		"two": {[]string{"Bearer good", "Proof good"},
			[]string{`Bearer realm="orders"` + twice, `Proof realm="orders"` + twice + `, algs="ES256"`}},
		"malformed": {[]string{"Proof a b"},
			[]string{bearerLine, `Proof realm="orders", error="invalid_request", error_description="Malformed credentials", algs="ES256"`}},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				good := verified(t)
				got := call(t, setup{resource: scope.Resource{Realm: "orders"}, policy: scope.Authenticated, auth: twoSchemes{
					func(_ context.Context, p token.Presentation) (*token.Token, error) {
						assert.Equal(t, "https://api.example.com"+method, p.Request().URL.String())
						if p.Token != "good" {
							return nil, token.ErrInactive
						}
						return good, nil
					},
				}}, row.sent...)
				assert.Equal(t, row.want == nil, got.admitted)
				assert.Equal(t, row.want, got.challenges)
				if kind != scope.HTTP && row.want != nil {
					assert.Equal(t, codes.Unauthenticated, status.Code(got.err))
				}
			})
		}
	}
}
