package grpcauth_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// text is an address that is no more than text.
type text struct{ network, address string }

func (t text) Network() string { return t.network }
func (t text) String() string  { return t.address }

// A proxy is recognized by the address of the peer.
func TestPeer(t *testing.T) {
	t.Parallel()
	four, six := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	for name, row := range map[string]struct {
		at   net.Addr
		want netip.Addr
		unix bool
	}{
		"TCP":                     {&net.TCPAddr{IP: net.IP{192, 0, 2, 7}, Port: 1}, four, false},
		"TCP, IPv4 as IPv6":       {&net.TCPAddr{IP: net.ParseIP("192.0.2.7"), Port: 1}, four, false},
		"TCP, IPv6":               {&net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 1}, six, false},
		"a Unix socket":           {&net.UnixAddr{Name: "/run/s", Net: "unix"}, netip.Addr{}, true},
		"by net/http":             {text{"tcp", "192.0.2.7:1"}, four, false},
		"by net/http, IPv6":       {text{"tcp", "[2001:db8::7]:1"}, six, false},
		"by net/http, no port":    {text{"tcp", "192.0.2.7"}, netip.Addr{}, false},
		"by net/http, no address": {text{"", ""}, netip.Addr{}, false},
		"another network":         {text{"other", "192.0.2.7:1"}, netip.Addr{}, false},
		"none":                    {nil, netip.Addr{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen token.Presentation
			guard := grpcauth.New(witness(&seen), all(scope.Authenticated), nil)
			ctx := peer.NewContext(incoming(t.Context(), "authorization", "Bearer x"), &peer.Peer{Addr: row.at})
			_, _ = guard.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
			assert.Equal(t, row.want, seen.Request().Peer)
			assert.Equal(t, row.unix, seen.Request().UnixSocket)
		})
	}
}
