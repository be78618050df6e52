package tokentest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// CertificateOptions are the settings of a Certificate. The zero value of each
// field, and a nil *CertificateOptions, are ready for use.
type CertificateOptions struct {
	// CommonName is that of the subject. Empty means "client.example.com".
	CommonName string
	// DNSNames, Addresses and URIs are the subject alternative names. A server on
	// this machine needs the addresses "127.0.0.1" and "::1".
	DNSNames, Addresses, URIs []string
	// Expired makes it one that has expired an hour ago.
	Expired bool
	// Authority makes it one that signs others.
	Authority bool
	// SignedBy is the authority. Nil means that it signs itself.
	SignedBy *Certificate
	// Time is the clock by which it is valid. Nil means time.Now.
	Time func() time.Time
}

// Certificate is an X.509 certificate of a client, a proxy, a server or an
// authority, with its private key. It must not be modified, and may be used
// concurrently.
type Certificate struct {
	leaf *x509.Certificate
	key  *ecdsa.PrivateKey
	by   *Certificate // nil: itself
}

// NewCertificate makes a certificate with a key of its own. opts may be nil. It
// panics if a name in opts is malformed.
func NewCertificate(tb testing.TB, opts *CertificateOptions) *Certificate {
	tb.Helper()
	var o CertificateOptions
	if opts != nil {
		o = *opts
	}
	c := &Certificate{key: mint.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), by: o.SignedBy}
	template := o.template()
	parent, signer := template, c.key
	if c.by != nil {
		parent, signer = c.by.leaf, c.by.key
	}
	der := mint.Must(x509.CreateCertificate(rand.Reader, template, parent, c.key.Public(), signer))
	c.leaf = mint.Must(x509.ParseCertificate(der))
	return c
}

func (o CertificateOptions) template() *x509.Certificate {
	now := time.Now
	if o.Time != nil {
		now = o.Time
	}
	name := o.CommonName
	if name == "" {
		name = "client.example.com"
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(rand.Text()[:16])),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now().Add(-24 * time.Hour), NotAfter: now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: o.DNSNames,
	}
	if o.Expired {
		template.NotAfter = now().Add(-time.Hour)
	}
	if o.Authority {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		template.ExtKeyUsage = nil
	}
	for _, text := range o.Addresses {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(text))
	}
	for _, text := range o.URIs {
		template.URIs = append(template.URIs, mint.Must(url.Parse(text)))
	}
	return template
}

// X509 is the certificate itself.
func (c *Certificate) X509() *x509.Certificate { return c.leaf }

// TLS is the certificate for a tls.Config, with its key and those of the
// authorities that have signed it, but for the last.
func (c *Certificate) TLS() tls.Certificate {
	chain := [][]byte{c.leaf.Raw}
	for above := c.by; above != nil && above.by != nil; above = above.by {
		chain = append(chain, above.leaf.Raw)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: c.key, Leaf: c.leaf}
}

// connection is a TLS connection of a client with the certificate.
func (c *Certificate) connection(of *tls.ConnectionState) *tls.ConnectionState {
	state := tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
	if of != nil {
		state = *of
	}
	state.PeerCertificates = nil
	for _, der := range c.TLS().Certificate {
		state.PeerCertificates = append(state.PeerCertificates, mint.Must(x509.ParseCertificate(der)))
	}
	return &state
}

// Pool has the certificate as an authority. One that signs itself is its own.
func (c *Certificate) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.leaf)
	return pool
}

// Thumbprint is the x5t#S256 of the certificate (RFC 8705 §3.1).
func (c *Certificate) Thumbprint() string {
	sum := sha256.Sum256(c.leaf.Raw)
	return mint.Encode(sum[:])
}

// ClientCert is the value of the Client-Cert field of a proxy that has seen the
// certificate (RFC 9440 §2.2), for example to forge one.
func (c *Certificate) ClientCert() string {
	return ":" + base64.StdEncoding.EncodeToString(c.leaf.Raw) + ":"
}

// XFCC is the value of x-forwarded-client-cert of an Envoy that has seen the
// certificate and sends Hash and Cert.
func (c *Certificate) XFCC() string {
	sum := sha256.Sum256(c.leaf.Raw)
	return "Hash=" + hex.EncodeToString(sum[:]) + `;Cert="` + c.EscapedPEM() + `"`
}

// EscapedPEM is the certificate in PEM with percent encoding, as nginx has it in
// $ssl_client_escaped_cert.
func (c *Certificate) EscapedPEM() string {
	return strings.ReplaceAll(url.QueryEscape(string(c.PEM())), "+", "%20")
}

// PEM is the certificate in PEM.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.leaf.Raw})
}

// KeyPEM is the private key in PEM, for servers that read files.
func (c *Certificate) KeyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: mint.Must(x509.MarshalPKCS8PrivateKey(c.key))})
}

// BoundToCertificate binds the token to a certificate, in addition to what its cnf
// claim binds it to already (RFC 8705 §3.1).
func BoundToCertificate(c *Certificate) Edit { return confirmed("x5t#S256", c.Thumbprint()) }
