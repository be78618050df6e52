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
	"fmt"
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
	allowed := []string{
		"8.8.8.8", "10.1.2.3", "192.168.1.1", "172.16.0.1", "100.64.0.1", "2606:4700::1111", "fd12:3456::1",
		"2001:200::1", "64:ff9b::808:808", "::ffff:8.8.8.8", "64:ff9b::10.1.2.3", "192.0.1.1", "11.0.0.1",
		"2606:4700::400:5efe:808:808", "2606:4700::1:5efe:808:808", "2606:4700::5dfe:808:808", "2606:4700::5eff:808:808", // no ISATAP
	}
	for _, address := range allowed {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, jwks.Guard(net.JoinHostPort(address, "443"), false))
			require.ErrorIs(t, jwks.Guard(net.JoinHostPort(address, "443"), true), jwks.ErrBlockedAddress, "named localhost")
		})
	}
	for address, kind := range refusedAddresses() {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			err := jwks.Guard(net.JoinHostPort(address, "443"), false)
			require.ErrorIs(t, err, jwks.ErrBlockedAddress)
			require.ErrorContains(t, err, kind)
			require.ErrorContains(t, err, "RemoteConfig.AllowHosts")
			isLoopback := netip.MustParseAddr(address).Unmap().IsLoopback()
			assert.Equal(t, isLoopback, jwks.Guard(net.JoinHostPort(address, "443"), true) == nil)
		})
	}
	require.ErrorIs(t, jwks.Guard("nonsense", false), jwks.ErrBlockedAddress)
	require.ErrorIs(t, jwks.Guard("nonsense", true), jwks.ErrBlockedAddress)
}

// refusedAddresses are those of the registries of IANA, of clouds, and both in
// every wrapping of an IPv4 address in an IPv6 one, with how an error calls them.
func refusedAddresses() map[string]string {
	refused := map[string]string{
		"0.0.0.0": "this network", "0.1.2.3": "this network", "169.254.0.1": "link-local", "169.254.169.254": "link-local",
		"169.254.170.2": "link-local", "fe80::1%eth0": "link-local", "fe80::a9fe:a9fe": "link-local", "febf::1": "link-local",
		"127.0.0.1": "loopback", "127.8.9.1": "loopback", "::1": "loopback",
		"192.0.0.8": "protocol assignments", "192.0.0.192": "cloud metadata", "100.100.100.200": "cloud metadata",
		"168.63.129.16": "cloud metadata", "fd00:ec2::254": "cloud metadata", "fd00:ec2::23": "cloud metadata",
		"fd20:ce::254": "cloud metadata", "fd00:42::42": "cloud metadata",
		"192.0.2.1": "documentation", "198.51.100.7": "documentation", "203.0.113.9": "documentation",
		"2001:db8::1": "documentation", "3fff:fff::1": "documentation", "198.18.0.1": "benchmarking", "198.19.255.255": "benchmarking",
		"192.88.99.1": "6to4", "224.0.0.251": "multicast", "239.1.1.1": "multicast", "ff02::1": "multicast",
		"240.0.0.1": "reserved", "255.255.255.255": "reserved", "::": "IPv4-compatible", "100::1": "discard-only",
		"100:0:0:1::1": "discard-only", "2001:2::1": "protocol assignments", "2001:10::1": "protocol assignments",
		"2001:1ff:ffff::1": "protocol assignments", "5f00::1": "segment routing", "fec0::1": "site-local",
		"1::1": "not global unicast", "4000::1": "not global unicast", "fe00::1": "not global unicast", "200::1": "not global unicast",
		"::ffff:a9fe:a9fe": "link-local", "::ffff:127.0.0.1": "loopback",
	}
	for _, inside := range []string{"169.254.169.254", "127.0.0.1", "100.100.100.200", "0.0.0.0"} {
		v4 := netip.MustParseAddr(inside).As4()
		x := fmt.Sprintf("%x:%x", binary.BigEndian.Uint16(v4[:2]), binary.BigEndian.Uint16(v4[2:]))
		inverted := fmt.Sprintf("%x:%x", ^binary.BigEndian.Uint16(v4[:2]), ^binary.BigEndian.Uint16(v4[2:]))
		refused["64:ff9b::"+x] = "address 64:ff9b::" // of the kind that the IPv4 address is
		refused["64:ff9b:1::"+x], refused["64:ff9b:1:fffe::"+x] = "local NAT64", "local NAT64"
		refused["2002:"+x+"::1"] = "6to4"
		refused["2001:0:102:304::"+inverted] = "Teredo"
		refused["::ffff:0:"+x] = "IPv4-translated"
		refused["2606:4700::5efe:"+x], refused["fd12::200:5efe:"+x] = "ISATAP", "ISATAP"
		refused["fe80::5efe:"+x] = "link-local"
		if inside != "0.0.0.0" {
			refused["::"+x] = "IPv4-compatible"
		}
	}
	return refused
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
				_, err := get(t, jwks.TransportOf(remote), "http://"+host+port)
				require.ErrorIs(t, err, jwks.ErrBlockedAddress)
			})
		}
	}
	t.Run("a permission for names of this machine only", func(t *testing.T) {
		t.Parallel()
		transport := jwks.NewLoopbackTransport(resolvingTo("127.0.0.1"))
		_, err := get(t, transport, inside.URL)
		require.NoError(t, err)
		<-opened
		_, err = get(t, transport, "http://evil.example.com"+port)
		require.ErrorIs(t, err, jwks.ErrBlockedAddress)
	})
	for name, remote := range map[string]jwks.RemoteConfig{
		"issuer here":     {Issuer: "http://127.0.0.1:1"},
		"one URL here":    {URLs: []string{keysURL, "http://localhost/keys"}},
		"allowed by name": {Issuer: issuerURL, AllowHosts: []string{"127.0.0.1."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := get(t, jwks.TransportOf(remote), inside.URL)
			require.NoError(t, err)
			<-opened
		})
	}
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
