package introspect_test

import (
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// A token that the issuer says is bound to a certificate needs that, remembered or not.
func TestIntrospectedCertificate(t *testing.T) {
	t.Parallel()
	own, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	checker, err := mtls.New(mtls.Config{})
	require.NoError(t, err)
	bound := members{"cnf": members{"x5t#S256": own.Thumbprint()}}
	for name, row := range map[string]struct {
		said  members
		shown *tokentest.Certificate
		edit  func(*introspect.Config)
		want  error
	}{
		"C_8705-3.2-1 its own":         {bound, own, nil, nil},
		"C_8705-3.2-1 another":         {bound, other, nil, token.ErrBinding},
		"C_8705-3.2-1 none":            {bound, nil, nil, token.ErrBinding},
		"C_8705-3.2-1 no string":       {members{"cnf": members{"x5t#S256": 1}}, own, nil, token.ErrBinding},
		"C_8705-3.2-1 and another way": {members{"cnf": members{"x5t#S256": own.Thumbprint(), "jkt": "x"}}, own, nil, token.ErrBinding},
		"C_8705-3.2-1 not bound":       {members{}, own, nil, nil},
		"C_8705-3.2-1 must be bound":   {members{}, own, func(c *introspect.Config) { c.RequireBound = true }, token.ErrBinding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{answer: always(goodAnswer(row.said))}
			a := authenticator(t, i, func(c *introspect.Config) {
				c.Confirmations = []token.ConfirmationChecker{checker}
				if row.edit != nil {
					row.edit(c)
				}
			})
			p := token.Presentation{Token: "opaque-1", Call: token.Request{}}
			if row.shown != nil {
				p.Call = token.Request{Certificates: []*x509.Certificate{row.shown.X509()}}
			}
			for range 2 {
				_, err := a.Authenticate(t.Context(), p)
				require.ErrorIs(t, err, row.want)
			}
			assert.Equal(t, 1, i.asked())
		})
	}
}
