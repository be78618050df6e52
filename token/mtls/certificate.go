package mtls

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strconv"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/token"
)

// Thumbprint is the x5t#S256 of a certificate (RFC 8705 §3.1): the SHA-256 hash of
// its DER in base64url without padding. It is "" for nil.
func Thumbprint(cert *x509.Certificate) string {
	if cert == nil {
		return ""
	}
	sum := sha256.Sum256(cert.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// client is the certificate of a client, as far as it is known.
type client struct {
	thumbprint string
	// chain is the certificate, and those that the client sent with it. It is empty
	// if the proxy has passed on no more than the hash.
	chain []*x509.Certificate
}

// clientOf is the client with a chain, leaf first.
func clientOf(chain ...*x509.Certificate) client {
	return client{thumbprint: Thumbprint(chain[0]), chain: chain}
}

// ofConnection is the client at the other end of the TLS connection.
func ofConnection(r token.Request) (client, error) {
	if len(r.Certificates) == 0 || r.Certificates[0] == nil {
		return client{}, &rejection.Error{
			Reason: token.ErrBinding, Claim: "client certificate",
			Want:    "one in the TLS connection, for which the server must ask, and which gRPC must know as credentials.TLSInfo",
			Setting: "tls.Config.ClientAuth, or mtls.Config.Header behind a proxy",
		}
	}
	return clientOf(r.Certificates...), nil
}

// verify checks a chain, leaf first, as that of a TLS client. more may be nil.
func (c *Checker) verify(chain []*x509.Certificate, roots, more *x509.CertPool) error {
	between := x509.NewCertPool()
	if more != nil {
		between = more.Clone()
	}
	for _, cert := range chain[1:] {
		if cert != nil {
			between.AddCert(cert)
		}
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: c.config.Time(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err
}

// described says whose a certificate is. Its subject is text that its owner may
// have chosen.
type described struct{ cert *x509.Certificate }

func (d described) Error() string {
	return "the certificate is that of " + printable.Value(strconv.QuoteToASCII(d.cert.Subject.String()))
}
