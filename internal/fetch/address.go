package fetch

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/hostname"
)

// dialer connects only to addresses that an authorization server can have. A
// metadata document, or the DNS of a host in foreign hands, could otherwise
// point this process at the credentials that its cloud hands out on link-local
// addresses. Addresses are checked after resolution, on the connection about to
// be made, so that a name which resolves differently the second time ("DNS
// rebinding") gains nothing.
type dialer struct {
	allowed  []string // host names exempt from the guard
	loopback bool     // the configuration names a host of this machine
	timeout  time.Duration
	resolver *net.Resolver
	settings string // the struct that errors name
}

func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	nd := net.Dialer{Timeout: d.timeout, Resolver: d.resolver}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if !isListed(d.allowed, host) {
		// Only the operator may permit this. A document that names a host of
		// this machine must not open every port here to its author.
		named := d.loopback && hostname.IsLoopback(host)
		nd.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return d.guard(resolved, named)
		}
	}
	return nd.DialContext(ctx, network, address)
}

// guard refuses a resolved address. Loopback is for hosts that are named so, and
// nothing else is for those: another name that resolves to loopback is aiming
// at this machine, and http to a "localhost" elsewhere would cross a network.
func (d dialer) guard(resolved string, loopbackNamed bool) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return evidence.Errorf(ErrBlockedAddress, "the address is unreadable")
	}
	return d.judge(at.Addr(), loopbackNamed)
}

func (d dialer) judge(a netip.Addr, loopbackNamed bool) error {
	a = a.WithZone("").Unmap()
	switch kind := refusedAs(a); {
	case a.IsLoopback() && loopbackNamed:
		return nil
	case a.IsLoopback():
		return evidence.Errorf(ErrBlockedAddress, "address %s is loopback, want one of the network (see %s.AllowHosts)", a, d.settings)
	case loopbackNamed:
		return evidence.Errorf(ErrBlockedAddress, "address %s of a loopback host is elsewhere, want loopback (see %s.AllowHosts)", a, d.settings)
	case kind != "":
		return evidence.Errorf(ErrBlockedAddress, "address %s is refused (%s), want one that an authorization server can have (see %s.AllowHosts)", a, kind, d.settings)
	}
	return nil
}
