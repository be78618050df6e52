package valkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop/valkey"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	certificate, roots := selfSigned(t)
	f := &fake{Miniredis: miniredis.NewMiniRedis(), runID: "first", policy: "noeviction", answers: map[string]string{}}
	require.NoError(t, f.StartTLS(&tls.Config{Certificates: []tls.Certificate{certificate}}))
	t.Cleanup(f.Close)
	f.Server().SetPreHook(f.hook)
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	for name, c := range map[string]struct {
		cfg  valkey.Config
		want error
	}{
		"URL":              {valkey.Config{URL: "rediss://" + f.Addr(), TLS: config}, nil},
		"addresses":        {valkey.Config{Addresses: []string{f.Addr()}, TLS: config}, nil},
		"system's roots":   {valkey.Config{URL: "rediss://" + f.Addr()}, valkey.ErrUnreachable},
		"other name":       {valkey.Config{URL: "rediss://" + f.Addr(), TLS: &tls.Config{RootCAs: roots, ServerName: "other"}}, valkey.ErrUnreachable},
		"without TLS":      {valkey.Config{URL: "redis://" + f.Addr()}, valkey.ErrUnreachable},
		"silent handshake": {valkey.Config{URL: "rediss://" + silent(t), TLS: config, DialTimeout: 50 * time.Millisecond}, valkey.ErrTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.cfg.Timeout = 5 * time.Second
			within(t, 4*time.Second, func() { assert.ErrorIs(t, newStore(t, c.cfg).Ready(t.Context()), c.want) })
		})
	}
	assert.Empty(t, config.ServerName, "the setting is cloned")
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
