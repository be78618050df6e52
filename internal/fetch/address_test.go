package fetch_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/fetch"
)

func TestOwnTransport(t *testing.T) {
	t.Parallel()
	t.Run("no proxy of the environment, no unpacking, no cookies", func(t *testing.T) {
		t.Parallel()
		transport := fetch.NewGuardedTransport(nil, nil)
		assert.Nil(t, transport.Proxy)
		assert.True(t, transport.DisableCompression)
	})
}

func TestC_8725_3_10_1(t *testing.T) {
	t.Parallel()
	t.Run("C_8725-3.10-1 names that resolve there", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"127.0.0.1", "169.254.169.254", "0.0.0.0"} {
			_, err := get(t, fetch.NewGuardedTransport(nil, resolvingTo(address)), "https://evil.example.com/keys")
			require.ErrorIs(t, err, fetch.ErrBlockedAddress, address)
		}
	})
	t.Run("localhost that resolves elsewhere", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, fetch.Guard("198.51.100.7:80", true), fetch.ErrBlockedAddress)
	})
	t.Run("allowed by name", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		t.Cleanup(server.Close)
		url := strings.Replace(server.URL, "127.0.0.1", "Keys.Internal.Example", 1)
		transport := fetch.NewGuardedTransport([]string{"keys.internal.example"}, resolvingTo("127.0.0.1"))
		status, err := get(t, transport, url)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		_, err = get(t, transport, strings.Replace(server.URL, "127.0.0.1", "other.internal.example", 1))
		require.ErrorIs(t, err, fetch.ErrBlockedAddress)
	})
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(inside.Close)
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	t.Run("a permission for names of this machine only", func(t *testing.T) {
		t.Parallel()
		transport := fetch.NewLoopbackTransport(resolvingTo("127.0.0.1"))
		_, err := get(t, transport, inside.URL)
		require.NoError(t, err)
		_, err = get(t, transport, "http://evil.example.com"+port)
		require.ErrorIs(t, err, fetch.ErrBlockedAddress)
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
			require.NoError(t, fetch.Guard(net.JoinHostPort(address, "443"), false))
			require.ErrorIs(t, fetch.Guard(net.JoinHostPort(address, "443"), true), fetch.ErrBlockedAddress, "named localhost")
		})
	}
	for address, kind := range refusedAddresses() {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			err := fetch.Guard(net.JoinHostPort(address, "443"), false)
			require.ErrorIs(t, err, fetch.ErrBlockedAddress)
			require.ErrorContains(t, err, kind)
			require.ErrorContains(t, err, "Config.AllowHosts")
			isLoopback := netip.MustParseAddr(address).Unmap().IsLoopback()
			assert.Equal(t, isLoopback, fetch.Guard(net.JoinHostPort(address, "443"), true) == nil)
		})
	}
	require.ErrorIs(t, fetch.Guard("nonsense", false), fetch.ErrBlockedAddress)
	require.ErrorIs(t, fetch.Guard("nonsense", true), fetch.ErrBlockedAddress)
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

// resolvingTo is a resolver that answers every question with these addresses.
func resolvingTo(addresses ...string) *net.Resolver {
	var ips [][4]byte
	for _, address := range addresses {
		ips = append(ips, netip.MustParseAddr(address).As4())
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerDNS(server, ips)
		return client, nil
	}}
}

// answerDNS answers one question over a stream (RFC 1035 §4.1, §4.2.2): A
// records for A, and no record for anything else.
func answerDNS(c net.Conn, ips [][4]byte) {
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
		answer[7] = byte(len(ips))
		for _, ip := range ips {
			answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
			answer = append(answer, ip[:]...)
		}
	}
	_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}
