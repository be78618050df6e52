package grpcauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// identity is a certificate with its key, which signs itself.
func identity(tb testing.TB, host string) tls.Certificate {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(tb, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

const host = "api.example.com"

// overTLS makes a server ask for a certificate and a client present one.
func overTLS(tb testing.TB, s settings, client ...tls.Certificate) settings {
	tb.Helper()
	return overTLSOf(tb, host, s, client...)
}

// overTLSOf is overTLS for a server of that name.
func overTLSOf(tb testing.TB, host string, s settings, client ...tls.Certificate) settings {
	tb.Helper()
	server := identity(tb, host)
	roots := x509.NewCertPool()
	roots.AddCert(server.Leaf)
	s.server = append(s.server, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{server}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13,
	})))
	s.dial = append(s.dial, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		RootCAs: roots, ServerName: host, Certificates: client, MinVersion: tls.VersionTLS13,
	})))
	return s
}
