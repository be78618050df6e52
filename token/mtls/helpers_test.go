package mtls_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// publishedThumbprint is that of the certificate in Figure 2 of RFC 9440.
const publishedThumbprint = "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes"

func publishedDER(tb testing.TB) []byte {
	tb.Helper()
	der, err := base64.StdEncoding.DecodeString(published)
	require.NoError(tb, err)
	require.Len(tb, der, 428)
	return der
}

func publishedCertificate(tb testing.TB) *x509.Certificate {
	tb.Helper()
	cert, err := x509.ParseCertificate(publishedDER(tb))
	require.NoError(tb, err)
	return cert
}

func publishedPEM(tb testing.TB) string {
	tb.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: publishedDER(tb)}))
}

// thumbprint binds a token to a value of cnf.
func thumbprint(value any) tokentest.Edit {
	return tokentest.Claim("cnf", map[string]any{"x5t#S256": value})
}

// The proxy of most tests, and another peer.
var (
	proxyAt   = netip.MustParseAddr("192.0.2.7")
	elsewhere = netip.MustParseAddr("203.0.113.9")
	trusted   = mtls.Proxy{Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/29")}}
)

// behind is the Config of a service behind a proxy.
func behind(f mtls.Format) mtls.Config {
	h := mtls.Header{Format: f}
	if f == mtls.EscapedPEM || f == mtls.Base64DER {
		h.Name = "X-SSL-Client-Cert"
	}
	return mtls.Config{Header: h, Proxy: trusted}
}

// viaProxy is a call that a proxy passes on with a field.
func viaProxy(name string, values ...string) token.Request {
	return token.Request{Peer: proxyAt, Fields: http.Header{http.CanonicalHeaderKey(name): values}}
}

func direct(chain ...*x509.Certificate) token.Request { return token.Request{Certificates: chain} }

// service verifies the tokens of an issuer of its own.
type service struct {
	issuer   *tokentest.Issuer
	verifier *token.Verifier
}

func newService(tb testing.TB, cfg mtls.Config, more ...token.ConfirmationChecker) service {
	tb.Helper()
	checker, err := mtls.New(cfg)
	require.NoError(tb, err)
	issuer := tokentest.NewIssuer(tb, nil)
	settings := issuer.Config()
	settings.Confirmations = append([]token.ConfirmationChecker{checker}, more...)
	verifier, err := token.NewVerifier(settings)
	require.NoError(tb, err)
	return service{issuer, verifier}
}

// call presents a token with a request, twice: the second time it is remembered.
func (s service) call(tb testing.TB, r token.Request, edits ...tokentest.Edit) error {
	tb.Helper()
	p := token.Presentation{Scheme: "Bearer", Token: s.issuer.Token(edits...), Call: r}
	_, err := s.verifier.Authenticate(tb.Context(), p)
	_, again := s.verifier.Authenticate(tb.Context(), p)
	assert.Equal(tb, token.Reason(err), token.Reason(again))
	return err
}

// assertIs wants an error of a reason in one line, or none for nil.
func assertIs(tb testing.TB, want, err error) {
	tb.Helper()
	if want == nil {
		require.NoError(tb, err)
		return
	}
	require.ErrorIs(tb, err, want)
	assert.Equal(tb, token.Outcome(want), token.Outcome(err))
	assert.Regexp(tb, `^[ -~]{1,600}$`, err.Error())
}
