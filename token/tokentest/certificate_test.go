package tokentest_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

func TestCertificate(t *testing.T) {
	t.Parallel()
	root := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "root", Authority: true})
	between := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "between", Authority: true, SignedBy: root})
	c := tokentest.NewCertificate(t, &tokentest.CertificateOptions{
		CommonName: "a b", DNSNames: []string{"a.example.com"}, Addresses: []string{"127.0.0.1", "::1"}, URIs: []string{"spiffe://example.com/a"}, SignedBy: between,
	})
	assert.Equal(t, "CN=a b", c.X509().Subject.String())
	assert.Equal(t, "spiffe://example.com/a", c.X509().URIs[0].String())
	for _, name := range []string{"a.example.com", "127.0.0.1", "::1"} {
		require.NoError(t, c.X509().VerifyHostname(name))
	}
	verify := func(c *tokentest.Certificate, roots *x509.CertPool) error {
		_, err := c.X509().Verify(x509.VerifyOptions{Roots: roots, Intermediates: between.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		return err
	}
	own := tokentest.NewCertificate(t, nil)
	require.NoError(t, verify(c, root.Pool()))
	require.NoError(t, verify(own, own.Pool()))
	require.Error(t, verify(own, root.Pool()))
	require.Error(t, verify(tokentest.NewCertificate(t, &tokentest.CertificateOptions{SignedBy: root, Expired: true}), root.Pool()))
	assert.Equal(t, [][]byte{c.X509().Raw, between.X509().Raw}, c.TLS().Certificate)
	assert.Len(t, own.TLS().Certificate, 1)
}

// What a proxy makes of a certificate, by the readers of the standard library.
func TestCertificateInFields(t *testing.T) {
	t.Parallel()
	c := tokentest.NewCertificate(t, nil)
	block, rest := pem.Decode(c.PEM())
	assert.Equal(t, c.X509().Raw, block.Bytes)
	assert.Empty(t, rest)
	der, err := base64.StdEncoding.DecodeString(strings.Trim(c.ClientCert(), ":"))
	require.NoError(t, err)
	assert.Equal(t, c.X509().Raw, der)
	text, err := url.PathUnescape(c.EscapedPEM())
	require.NoError(t, err)
	assert.Equal(t, string(c.PEM()), text)
	assert.NotContains(t, c.EscapedPEM(), "+")
	assert.Contains(t, c.XFCC(), c.EscapedPEM())
	sum := sha256.Sum256(c.X509().Raw)
	assert.Equal(t, base64.RawURLEncoding.EncodeToString(sum[:]), c.Thumbprint())
	pair, err := tls.X509KeyPair(c.PEM(), c.KeyPEM())
	require.NoError(t, err)
	assert.Equal(t, c.TLS().Certificate, pair.Certificate)
}

// A certificate is valid by the clock of its test.
func TestCertificateClock(t *testing.T) {
	t.Parallel()
	later := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	c := tokentest.NewCertificate(t, &tokentest.CertificateOptions{Time: func() time.Time { return later }})
	assert.True(t, c.X509().NotBefore.Before(later) && c.X509().NotAfter.After(later))
	synctest.Test(t, func(t *testing.T) {
		c := tokentest.NewCertificate(t, nil)
		assert.True(t, c.X509().NotBefore.Before(time.Now()) && c.X509().NotAfter.After(time.Now()))
	})
}

// A token may be bound in several ways.
func TestBoundToCertificate(t *testing.T) {
	t.Parallel()
	c := tokentest.NewCertificate(t, nil)
	issuer := tokentest.NewIssuer(t, nil)
	for name, row := range map[string]struct {
		before tokentest.Edit
		want   map[string]string
	}{
		"unbound":              {tokentest.Edit{}, map[string]string{"x5t#S256": c.Thumbprint()}},
		"bound to a key":       {tokentest.Claim("cnf", map[string]string{"jkt": "k"}), map[string]string{"jkt": "k", "x5t#S256": c.Thumbprint()}},
		"bound to another":     {tokentest.BoundToCertificate(tokentest.NewCertificate(t, nil)), map[string]string{"x5t#S256": c.Thumbprint()}},
		"cnf is null":          {tokentest.Claim("cnf", json.RawMessage("null")), map[string]string{"x5t#S256": c.Thumbprint()}},
		"cnf is no object":     {tokentest.Claim("cnf", 1), map[string]string{"x5t#S256": c.Thumbprint()}},
		"cnf is not even JSON": {tokentest.Claim("cnf", json.RawMessage("{")), map[string]string{"x5t#S256": c.Thumbprint()}},
	} {
		_, payload, _ := strings.Cut(issuer.Token(row.before, tokentest.BoundToCertificate(c)), ".")
		payload, _, _ = strings.Cut(payload, ".")
		text, err := base64.RawURLEncoding.DecodeString(payload)
		require.NoError(t, err)
		var claims struct{ CNF map[string]string }
		require.NoError(t, json.Unmarshal(text, &claims), name)
		assert.Equal(t, row.want, claims.CNF, name)
	}
}
