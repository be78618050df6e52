package jwks_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
	t.Run("no proxy of the environment, no unpacking, no cookies", func(t *testing.T) {
		t.Parallel()
		transport := jwks.NewGuardedTransport(nil, nil)
		assert.Nil(t, transport.Proxy)
		assert.True(t, transport.DisableCompression)
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
		})
	}
	t.Run("C_8725-3.10-1 names that resolve there", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"127.0.0.1", "169.254.169.254", "0.0.0.0"} {
			_, err := get(t, jwks.NewGuardedTransport(nil, resolvingTo(address)), "https://evil.example.com/keys")
			require.ErrorIs(t, err, jwks.ErrBlockedAddress, address)
		}
	})
	t.Run("localhost that resolves elsewhere", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, jwks.Guard("198.51.100.7:80", true), jwks.ErrBlockedAddress)
	})
	t.Run("allowed by name", func(t *testing.T) {
		t.Parallel()
		server := keyServer(t, ecKey("k"))
		server.Start()
		url := strings.Replace(server.URL, "127.0.0.1", "Keys.Internal.Example", 1)
		transport := jwks.NewGuardedTransport([]string{"keys.internal.example"}, resolvingTo("127.0.0.1"))
		status, err := get(t, transport, url)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		_, err = get(t, transport, strings.Replace(server.URL, "127.0.0.1", "other.internal.example", 1))
		require.ErrorIs(t, err, jwks.ErrBlockedAddress)
	})
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

func TestGuard(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{ // whether the address may be connected to
		"203.0.113.9": true, "10.1.2.3": true, "192.168.1.1": true, "172.16.0.1": true, "100.64.0.1": true,
		"2001:db8::1": true, "fd12:3456::1": true, "64:ff9b::cb00:7109": true,
		"127.0.0.1": false, "127.8.9.1": false, "::1": false, "::ffff:127.0.0.1": false,
		"169.254.0.1": false, "169.254.169.254": false, "::ffff:169.254.169.254": false, "fe80::1%eth0": false,
		"0.0.0.0": false, "::": false, "224.0.0.251": false, "ff02::1": false, "255.255.255.255": false,
		"fd00:ec2::254": false, "fd20:ce::254": false, "100.100.100.200": false, "168.63.129.16": false, "192.0.0.192": false,
		"64:ff9b::a9fe:a9fe": false, "2002:a9fe:a9fe::1": false, "::169.254.169.254": false, "64:ff9b::7f00:1": false,
	}
	for address, allowed := range tests {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			err := jwks.Guard(net.JoinHostPort(address, "443"), false)
			if allowed {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, jwks.ErrBlockedAddress)
			}
		})
	}
	require.NoError(t, jwks.Guard("127.0.0.1:80", true))
	require.NoError(t, jwks.Guard("[::1]:80", true))
	require.ErrorIs(t, jwks.Guard("nonsense", false), jwks.ErrBlockedAddress)
	require.ErrorIs(t, jwks.Guard("nonsense", true), jwks.ErrBlockedAddress)
}

func get(t *testing.T, transport http.RoundTripper, url string) (status int, err error) {
	t.Helper()
	client := http.Client{Transport: transport}
	response, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	return response.StatusCode, nil
}

// resolvingTo is a resolver that answers every question with one address.
func resolvingTo(address string) *net.Resolver {
	ip := netip.MustParseAddr(address).As4()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerDNS(server, ip)
		return client, nil
	}}
}

// answerDNS answers one question over a stream (RFC 1035 §4.1, §4.2.2): an A
// record for A, and no record for anything else.
func answerDNS(c net.Conn, ip [4]byte) {
	defer c.Close()
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, question); err != nil {
		return
	}
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root label, type, class
	answer := append([]byte{}, question[:end]...)
	copy(answer[2:], []byte{0x84, 0x00, 0, 1, 0, 0, 0, 0, 0, 0}) // an answer, authoritative
	if question[end-3] == 1 {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		answer = append(answer, ip[:]...)
	}
	_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}
