package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/outbound"
)

// "localhost" is judged by where a connection has led to.
func TestTransportStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		address, remote string
		err             error
	}{
		"localhost, IPv4":             {"localhost:80", "127.0.0.1:80", nil},
		"localhost, IPv6":             {"LOCALHOST:80", "[::1]:80", nil},
		"localhost, mapped":           {"localhost:80", "[::ffff:127.0.0.1]:80", nil},
		"localhost, another machine":  {"localhost:80", "192.0.2.1:80", outbound.ErrNotHere},
		"LocalHost, another machine":  {"LocalHost:80", "[2001:db8::1]:80", outbound.ErrNotHere},
		"localhost, no address":       {"localhost:80", "@pipe", outbound.ErrNotHere},
		"another host":                {"photos.example.com:443", "192.0.2.1:443", nil},
		"an address that is no place": {"localhost", "127.0.0.1:80", outbound.ErrNotHere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := &connection{remote: remoteAddr(row.remote)}
			got, err := outbound.StayHere(func(context.Context, string, string) (net.Conn, error) { return conn, nil })(t.Context(), "tcp", row.address)
			require.ErrorIs(t, err, row.err)
			assert.Equal(t, row.err != nil, conn.closed)
			assert.Equal(t, row.err == nil, got != nil)
		})
	}
	down := errors.New("connection refused")
	_, err := outbound.StayHere(func(context.Context, string, string) (net.Conn, error) { return nil, down })(t.Context(), "tcp", "localhost:80")
	assert.ErrorIs(t, err, down)
	_, err = outbound.StayHere(nil)(t.Context(), "tcp", "127.0.0.1:0")
	assert.Error(t, err, "dials by itself")
}

// connection is one that leads somewhere.
type connection struct {
	net.Conn
	remote remoteAddr
	closed bool
}

func (c *connection) RemoteAddr() net.Addr { return c.remote }
func (c *connection) Close() error         { c.closed = true; return nil }

type remoteAddr string

func (remoteAddr) Network() string  { return "tcp" }
func (a remoteAddr) String() string { return string(a) }

// A request for this machine is not handed to a proxy on another.
func TestTransportAsksNoProxyForThisMachine(t *testing.T) {
	t.Parallel()
	proxy := outbound.PastLoopback(http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com"}))
	for target, proxied := range map[string]bool{
		"http://localhost/": false, "http://LOCALHOST:81/": false, "http://127.0.0.1:81/": false, "http://[::1]/": false, "https://photos.example.com/": true,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		require.NoError(t, err)
		got, err := proxy(r)
		require.NoError(t, err)
		assert.Equal(t, proxied, got != nil, target)
	}
	assert.Nil(t, outbound.PastLoopback(nil))
}
