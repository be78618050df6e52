package seams_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// twice checks nothing: what it is to check was sent twice.
type twice struct{ method string }

func (c twice) Method() string { return c.method }

func (c twice) Check(context.Context, *token.Token, token.Presentation) error {
	return fmt.Errorf("%w: there are two", token.ErrRequest)
}

// twiceUnder is twice under a scheme of its own.
type twiceUnder struct{ twice }

func (twiceUnder) Scheme() token.Scheme { return token.Scheme{Name: "DPoP"} }
func (twiceUnder) Required() bool       { return false }

// A field or proof that is there twice makes a malformed request and not a bad
// token: a client that took it for one would throw its token away.
func TestAmbiguousConfirmation(t *testing.T) {
	t.Parallel()
	const says = `, error="invalid_request", error_description="Malformed credentials"`
	for scheme, row := range map[string]struct {
		checker token.ConfirmationChecker
		want    []string // challenges
	}{
		"Bearer": {twice{"x5t#S256"}, []string{`Bearer realm="api"` + says}},
		"DPoP":   {twiceUnder{twice{"jkt"}}, []string{`Bearer realm="api"`, `DPoP realm="api"` + says}},
	} {
		issuer := tokentest.NewIssuer(t, nil)
		cfg := issuer.Config()
		cfg.Confirmations = []token.ConfirmationChecker{row.checker}
		verifier, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		raw := issuer.Token(tokentest.Claim("cnf", map[string]string{row.checker.Method(): "k"}))
		for kind, call := range transports {
			t.Run(scheme+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				got := call(t, setup{policy: scope.Authenticated, auth: verifier}, scheme+" "+raw)
				assert.False(t, got.admitted)
				assert.Equal(t, row.want, got.challenges)
				if kind == scope.HTTP {
					assert.Equal(t, 400, got.status)
					return
				}
				st := status.Convert(got.err)
				assert.Equal(t, codes.Unauthenticated, st.Code())
				require.Len(t, st.Details(), 1)
				assert.Equal(t, "INVALID_REQUEST", st.Details()[0].(*errdetails.ErrorInfo).GetReason())
			})
		}
	}
}
