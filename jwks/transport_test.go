package jwks_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// TestMain lets the process trust the certificate of httptest, and nothing
// else, so that the client of this package can be tried as it is.
func TestMain(m *testing.M) {
	server := httptest.NewTLSServer(nil)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	server.Close()
	dir, err := os.MkdirTemp("", "jwks")
	if err != nil {
		log.Fatal(err)
	}
	file := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		log.Fatal(err)
	}
	os.Setenv("SSL_CERT_FILE", file)
	os.Setenv("SSL_CERT_DIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// remoteOf returns a Remote with the client of this package.
func remoteOf(t *testing.T, url string) *jwks.Remote {
	t.Helper()
	r, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{url}})
	require.NoError(t, err)
	return r
}

func keyServer(t *testing.T, keys ...testKey) *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, setOf(keys...))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes are meant to fail here
	t.Cleanup(server.Close)
	return server
}

func TestOwnClient(t *testing.T) {
	t.Parallel()
	k := ecKey("k")
	t.Run("https", func(t *testing.T) {
		t.Parallel()
		server := keyServer(t, k)
		server.StartTLS()
		requireKey(t, remoteOf(t, server.URL), k)
	})
	t.Run("http to loopback", func(t *testing.T) {
		t.Parallel()
		server := keyServer(t, k)
		server.Start()
		requireKey(t, remoteOf(t, server.URL), k)
		requireKey(t, remoteOf(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)), k)
	})
	t.Run("C_8414-6.1-1 certificate of another host", func(t *testing.T) {
		t.Parallel()
		server := keyServer(t, k)
		server.StartTLS()
		r := remoteOf(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1))
		requireErr(t, r, "k", jwks.ErrUnavailable)
		var wrongHost x509.HostnameError
		require.ErrorAs(t, r.Status().LastError, &wrongHost)
	})
	t.Run("C_7517-9-1 self-signed certificate", func(t *testing.T) {
		t.Parallel()
		server := keyServer(t, k)
		server.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
		server.StartTLS()
		r := remoteOf(t, server.URL)
		requireErr(t, r, "k", jwks.ErrUnavailable)
		var unknown x509.UnknownAuthorityError
		require.ErrorAs(t, r.Status().LastError, &unknown)
	})
	t.Run("C_8414-6.1-1 TLS 1.1", func(t *testing.T) {
		t.Parallel()
		server := keyServer(t, k)
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		server.StartTLS()
		requireErr(t, remoteOf(t, server.URL), "k", jwks.ErrUnavailable)
	})
	t.Run("no connection outlives its fetch", func(t *testing.T) {
		t.Parallel()
		server := keyServer(t, k)
		closed := make(chan struct{}, 1)
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
		server.EnableHTTP2 = true
		server.StartTLS()
		requireKey(t, remoteOf(t, server.URL), k)
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Fatal("the connection is kept open")
		}
	})
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestC_8725_3_10_1(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"https://169.254.169.254/keys", "https://0.0.0.0/keys", "https://224.0.0.1/keys", "https://100.100.100.200/keys"} {
		t.Run("C_8725-3.10-1 "+url, func(t *testing.T) {
			t.Parallel()
			r := remoteOf(t, url)
			requireErr(t, r, "k", jwks.ErrBlockedAddress)
			requireErr(t, r, "k", jwks.ErrUnavailable)
			require.ErrorContains(t, r.Status().LastError, "(see RemoteConfig.AllowHosts)")
		})
	}
	t.Run("AllowHosts reaches the dialer", func(t *testing.T) {
		t.Parallel()
		r, err := jwks.NewRemote(jwks.RemoteConfig{
			URLs: []string{"https://0.0.0.0:1/keys"}, AllowHosts: []string{"0.0.0.0"}, // port 1 refuses
		})
		require.NoError(t, err)
		_, err = r.Keys(t.Context(), "k")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.NotErrorIs(t, err, jwks.ErrBlockedAddress)
	})
}

// What a document says gives no permission to dial this machine: that is the
// operator's.
func TestOnlyTheConfigurationOpensLoopback(t *testing.T) {
	t.Parallel()
	opened := make(chan struct{}, 100)
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { opened <- struct{}{} }))
	t.Cleanup(inside.Close)
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	for name, remote := range map[string]jwks.RemoteConfig{
		"issuer elsewhere": {Issuer: issuerURL},
		"URLs elsewhere":   {Issuer: "http://localhost", URLs: []string{keysURL}},
		"private issuer":   {Issuer: "https://10.0.0.1"},
	} {
		for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]"} {
			t.Run(name+" "+host, func(t *testing.T) {
				t.Parallel()
				require.ErrorIs(t, jwks.Fetch(remote, "http://"+host+port), jwks.ErrBlockedAddress)
			})
		}
	}
	for name, remote := range map[string]jwks.RemoteConfig{
		"issuer here":     {Issuer: "http://127.0.0.1:1"},
		"one URL here":    {URLs: []string{keysURL, "http://localhost/keys"}},
		"allowed by name": {Issuer: issuerURL, AllowHosts: []string{"127.0.0.1."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, jwks.Fetch(remote, inside.URL))
			<-opened
		})
	}
}
