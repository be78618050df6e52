package mtls_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// The certificate of the connection, and what tokens may be bound to.
func TestConnection(t *testing.T) {
	t.Parallel()
	me, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	expired := tokentest.NewCertificate(t, &tokentest.CertificateOptions{Expired: true})
	issued := tokentest.NewCertificate(t, &tokentest.CertificateOptions{SignedBy: other})
	vector := publishedCertificate(t)
	sum, err := base64.RawURLEncoding.DecodeString(publishedThumbprint)
	require.NoError(t, err)
	s := newService(t, mtls.Config{})
	for name, row := range map[string]struct {
		request token.Request
		bound   tokentest.Edit
		want    error
	}{
		"C_8705-3-1 its certificate":           {direct(me.X509()), tokentest.BoundToCertificate(me), nil},
		"C_8705-3-1 no certificate":            {direct(), tokentest.BoundToCertificate(me), token.ErrBinding},
		"C_8705-3-1 nil":                       {direct(nil), tokentest.BoundToCertificate(me), token.ErrBinding},
		"C_8705-3-1 another certificate":       {direct(other.X509()), tokentest.BoundToCertificate(me), token.ErrBinding},
		"C_8705-3-1 the leaf counts":           {direct(other.X509(), me.X509()), tokentest.BoundToCertificate(me), token.ErrBinding},
		"C_8705-6.2-1 self-signed and expired": {direct(expired.X509()), tokentest.BoundToCertificate(expired), nil},
		"C_8705-6.2-1 of an unknown authority": {direct(issued.X509()), tokentest.BoundToCertificate(issued), nil},
		"C_8705-3.1-1 that of RFC 9440":        {direct(vector), thumbprint(publishedThumbprint), nil},
		"C_8705-3.1-1 padded":                  {direct(vector), thumbprint(publishedThumbprint + "="), token.ErrBinding},
		"C_8705-3.1-1 stray bits":              {direct(vector), thumbprint(publishedThumbprint[:42] + "t"), token.ErrBinding},
		"C_8705-3.1-1 in hex":                  {direct(vector), thumbprint(hex.EncodeToString(sum)), token.ErrBinding},
		"C_8705-3.1-1 standard alphabet":       {direct(vector), thumbprint(base64.RawStdEncoding.EncodeToString(sum)), token.ErrBinding},
		"C_8705-3.1-1 line break":              {direct(vector), thumbprint(publishedThumbprint + "\n"), token.ErrBinding},
		"C_8705-3.1-1 empty":                   {direct(), thumbprint(""), token.ErrBinding},
		"C_8705-3.1-1 no string":               {direct(vector), thumbprint(1), token.ErrBinding},
		"unbound":                              {direct(), tokentest.Edit{}, nil},
		"another method besides":               {direct(me.X509()), tokentest.Edits(tokentest.Claim("cnf", map[string]string{"kid": "1"}), tokentest.BoundToCertificate(me)), token.ErrBinding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertIs(t, row.want, s.call(t, row.request, row.bound))
		})
	}
}

// fields are all that a proxy may send about a certificate.
func fields(c *tokentest.Certificate) http.Header {
	return http.Header{
		"Client-Cert": {c.ClientCert()}, "X-Forwarded-Client-Cert": {c.XFCC()}, "X-Ssl-Client-Cert": {c.EscapedPEM()},
		"X-Client-Cert": {string(c.PEM())}, "X-Ssl-Client-Der": {base64.StdEncoding.EncodeToString(c.X509().Raw)},
	}
}

// Without Header no field is read, from any peer.
func TestFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	me, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	for name, chain := range map[string]*tokentest.Certificate{"C_9440-4-1 C_8705-3-2 no certificate": nil, "C_9440-4-1 C_8705-3-2 another certificate": other} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := token.Request{Peer: proxyAt, UnixSocket: true, Fields: fields(me)}
			if chain != nil {
				r.Certificates = append(r.Certificates, chain.X509())
			}
			assertIs(t, token.ErrBinding, newService(t, mtls.Config{}).call(t, r, tokentest.BoundToCertificate(me)))
		})
	}
}

// keyed is a check of another binding, under a scheme of its own.
type keyed struct{ held string }

func (keyed) Method() string       { return "jkt" }
func (keyed) Scheme() token.Scheme { return token.Scheme{Name: "DPoP"} }
func (keyed) Required() bool       { return false }
func (k keyed) Check(_ context.Context, t *token.Token, _ token.Presentation) error {
	if key, _ := t.Confirmation("jkt"); key != k.held {
		return token.ErrProof
	}
	return nil
}

// A token that is bound to a key and to a certificate needs both.
func TestTwoBindings(t *testing.T) {
	t.Parallel()
	me, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	s := newService(t, mtls.Config{}, keyed{"mine"})
	for name, row := range map[string]struct {
		scheme, key string
		chain       *tokentest.Certificate
		want        error
	}{
		"C_8705-3-4 both right":        {"DPoP", "mine", me, nil},
		"C_8705-3-4 wrong certificate": {"DPoP", "mine", other, token.ErrBinding},
		"C_8705-3-4 wrong proof":       {"DPoP", "theirs", me, token.ErrProof},
		"C_8705-3-4 no proof":          {"Bearer", "mine", me, token.ErrBinding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := s.issuer.Token(tokentest.Claim("cnf", map[string]string{"jkt": row.key}), tokentest.BoundToCertificate(me))
			_, err := s.verifier.Authenticate(t.Context(), token.Presentation{Scheme: row.scheme, Token: raw, Call: direct(row.chain.X509())})
			assertIs(t, row.want, err)
		})
	}
}

// A service may take bound tokens alone.
func TestRequireBound(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Confirmations, cfg.RequireBound = []token.ConfirmationChecker{new(mtls.Checker)}, true
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	s := service{issuer, verifier}
	t.Run("C_8705-3-5 unbound", func(t *testing.T) { assertIs(t, token.ErrBinding, s.call(t, direct(me.X509()))) })
	t.Run("C_8705-3-5 bound", func(t *testing.T) {
		assertIs(t, nil, s.call(t, direct(me.X509()), tokentest.BoundToCertificate(me)))
	})
}

// Neither nil nor the zero Checker panics, or lets anything in.
func TestZero(t *testing.T) {
	t.Parallel()
	for _, c := range []*mtls.Checker{nil, {}} {
		assert.Equal(t, "x5t#S256", c.Method())
		assertIs(t, token.ErrBinding, c.Check(t.Context(), nil, token.Presentation{}))
		assertIs(t, token.ErrBinding, c.Check(t.Context(), &token.Token{}, token.Presentation{Call: token.Request{}}))
	}
	me := tokentest.NewCertificate(t, nil)
	s := newService(t, mtls.Config{})
	tok, err := s.verifier.Authenticate(t.Context(), token.Presentation{Token: s.issuer.Token(tokentest.BoundToCertificate(me)), Call: direct(me.X509())})
	require.NoError(t, err)
	for _, c := range []*mtls.Checker{nil, {}} {
		assertIs(t, nil, c.Check(t.Context(), tok, token.Presentation{Call: direct(me.X509())}))
		assertIs(t, token.ErrBinding, c.Check(t.Context(), tok, token.Presentation{Call: direct(publishedCertificate(t))}))
	}
	assert.Empty(t, mtls.Thumbprint(nil))
	assert.Equal(t, publishedThumbprint, mtls.Thumbprint(publishedCertificate(t)))
}

// Operators see what was seen, what was wanted and the setting; a subject cannot
// forge a line.
func TestTexts(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	forger := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "x\nlevel=INFO admitted \x1b[31m"})
	err := newService(t, mtls.Config{}).call(t, direct(forger.X509()), tokentest.BoundToCertificate(me))
	assertIs(t, token.ErrBinding, err)
	for _, part := range []string{me.Thumbprint(), forger.Thumbprint(), `CN=x`} {
		assert.ErrorContains(t, err, part)
	}
	err = newService(t, mtls.Config{}).call(t, direct(), tokentest.BoundToCertificate(me))
	for _, part := range []string{"tls.Config.ClientAuth", "credentials.TLSInfo", "mtls.Config.Header"} {
		assert.ErrorContains(t, err, part)
	}
	require.ErrorContains(t, newService(t, mtls.Config{}).call(t, direct(), thumbprint("")), "a thumbprint in a string")
	r := viaProxy("Client-Cert", me.ClientCert())
	r.Peer = elsewhere
	both := behind(mtls.ClientCert)
	both.AcceptDirect = true
	require.ErrorContains(t, newService(t, both).call(t, r, tokentest.BoundToCertificate(me)), "203.0.113.9")
	err = newService(t, behind(mtls.ClientCert)).call(t, r, tokentest.BoundToCertificate(me))
	for _, part := range []string{"203.0.113.9", "mtls.Config.Proxy.Addresses"} {
		assert.ErrorContains(t, err, part)
	}
	err = newService(t, behind(mtls.ClientCert)).call(t, viaProxy("Client-Cert", ":MIIB*:"), tokentest.BoundToCertificate(me))
	for _, part := range []string{"Client-Cert", "at byte 5", "mtls.Config.Header"} {
		assert.ErrorContains(t, err, part)
	}
}
