package refusals_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// A call for bound tokens refuses others, by its policy or by its Verifier. The
// suite sees one that does not.
func TestBound(t *testing.T) {
	t.Parallel()
	const unbound = "not bound where bound tokens alone are let in"
	certificate := tokentest.NewCertificate(t, nil)
	presenting := func() *http.Request {
		r := orders()
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate.X509()}}
		return r
	}
	results := func(t *testing.T, policy scope.Policy, required bool) []refusals.Result {
		issuer := tokentest.NewIssuer(t, nil)
		binding, err := mtls.New(mtls.Config{})
		require.NoError(t, err)
		cfg := issuer.Config()
		cfg.Confirmations, cfg.RequireBound = []token.ConfirmationChecker{binding}, required
		return refusals.Run(t.Context(), issuer, tokentest.HTTPTarget(guarded(t, cfg, policy), presenting),
			&refusals.Config{Bound: true, Good: []tokentest.Edit{tokentest.BoundToCertificate(certificate)}})
	}
	for name, row := range map[string]struct {
		policy   scope.Policy
		required bool
	}{"by policy": {scope.Bound, false}, "by setting": {scope.Authenticated, true}} {
		t.Run("C_8705-3-5 "+name, func(t *testing.T) {
			t.Parallel()
			all := results(t, row.policy, row.required)
			for _, r := range all {
				assert.NoError(t, r.Err, r.Attack.Name)
			}
			assert.Empty(t, resultOf(t, all, unbound).Skipped)
		})
	}
	t.Run("a service that takes both", func(t *testing.T) {
		t.Parallel()
		assert.ErrorIs(t, resultOf(t, results(t, scope.Authenticated, false), unbound).Err, refusals.ErrAdmitted)
	})
}
