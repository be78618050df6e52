package mtls_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// exampleT stands in for the testing.T of a test.
type exampleT struct{ testing.TB }

func (exampleT) Helper()        {}
func (exampleT) Cleanup(func()) {}

func (exampleT) Context() context.Context { return context.Background() }

// A token that is bound to a certificate is good with it and with no other.
func ExampleNew() {
	binding, err := mtls.New(mtls.Config{})
	if err != nil {
		panic(err)
	}
	issuer := tokentest.NewIssuer(exampleT{}, nil)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{binding}
	verifier, err := token.NewVerifier(cfg)
	if err != nil {
		panic(err)
	}

	alices, another := tokentest.NewCertificate(exampleT{}, nil), tokentest.NewCertificate(exampleT{}, nil)
	raw := issuer.Token(tokentest.BoundToCertificate(alices))
	for _, cert := range []*tokentest.Certificate{alices, another} {
		call := token.Request{Certificates: []*x509.Certificate{cert.X509()}} // a guard does this
		_, err := verifier.Authenticate(context.Background(), token.Presentation{Token: raw, Call: call})
		fmt.Println(err == nil, errors.Is(err, token.ErrBinding))
	}
	// Output:
	// true false
	// false true
}

// Behind a proxy that ends TLS, the certificate comes in a field, from the proxy
// and from nowhere else.
func ExampleNew_proxy() {
	binding, err := mtls.New(mtls.Config{
		Header: mtls.Header{Format: mtls.ClientCert},
		Proxy:  mtls.Proxy{Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")}},
	})
	if err != nil {
		panic(err)
	}
	issuer := tokentest.NewIssuer(exampleT{}, nil)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{binding}
	verifier, err := token.NewVerifier(cfg)
	if err != nil {
		panic(err)
	}

	alices := tokentest.NewCertificate(exampleT{}, nil)
	raw := issuer.Token(tokentest.BoundToCertificate(alices))
	for _, peer := range []string{"10.1.2.3", "203.0.113.9"} {
		call := token.Request{Peer: netip.MustParseAddr(peer), Fields: http.Header{"Client-Cert": {alices.ClientCert()}}}
		_, err := verifier.Authenticate(context.Background(), token.Presentation{Token: raw, Call: call})
		fmt.Println(peer, err == nil)
	}
	// Output:
	// 10.1.2.3 true
	// 203.0.113.9 false
}

// Settings from elsewhere are checked before a process starts to serve.
func ExampleConfig_Validate() {
	err := mtls.Config{Header: mtls.Header{Format: mtls.XFCC}}.Validate()
	fmt.Println(errors.Is(err, token.ErrConfig))
	fmt.Println(err)
	// Output:
	// true
	// mtls: invalid configuration: Proxy is empty, want who may set Header: any caller could send it
}

// A Checker is one of the confirmation methods that a Verifier knows.
func ExampleChecker() {
	var binding token.ConfirmationChecker = new(mtls.Checker)
	fmt.Println(binding.Method())
	err := binding.Check(context.Background(), nil, token.Presentation{})
	fmt.Println(errors.Is(err, token.ErrBinding))
	// Output:
	// x5t#S256
	// true
}

// published is the certificate in Figure 2 of RFC 9440.
const published = "MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAe" +
	"Fw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebr" +
	"XmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAO" +
	"BgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6" +
	"G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk="

// The thumbprint is what a token has in cnf, and what Proxy.Thumbprints wants.
func ExampleThumbprint() {
	der, err := base64.StdEncoding.DecodeString(published)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	fmt.Println(mtls.Thumbprint(cert))
	// Output: v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes
}
