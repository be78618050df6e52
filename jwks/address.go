package jwks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// dialer connects to public key servers and to nothing that only looks like
// one. A metadata document, or whoever controls the DNS of a host, could
// otherwise point this process at the credentials its cloud hands out on
// link-local addresses. Addresses are judged after resolution, on the very
// address that is about to be connected to, so that a name which resolves
// differently the second time ("DNS rebinding") gains nothing.
type dialer struct {
	allowed  []string // host names exempt from the guard
	timeout  time.Duration
	resolver *net.Resolver
}

func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	nd := net.Dialer{Timeout: d.timeout, Resolver: d.resolver}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if !d.allows(host) {
		named := isLoopbackHost(host)
		nd.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return guard(resolved, named)
		}
	}
	return nd.DialContext(ctx, network, address)
}

func (d dialer) allows(host string) bool {
	return slices.ContainsFunc(d.allowed, func(a string) bool { return strings.EqualFold(a, host) })
}

// guard refuses a resolved address. Loopback is for hosts that are named so, and
// nothing else is for those: another name that resolves to loopback is aiming
// at this machine, and http to a "localhost" elsewhere would cross a network.
func guard(resolved string, loopbackNamed bool) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("%w: unreadable", ErrBlockedAddress)
	}
	a := embedded(at.Addr().WithZone("").Unmap())
	if a.IsLoopback() != loopbackNamed || blocked(a) {
		return fmt.Errorf("%w: %s", ErrBlockedAddress, a)
	}
	return nil
}

func blocked(a netip.Addr) bool {
	switch {
	case a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast():
		return true
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return true
	}
	return slices.Contains(metadataAddresses, a)
}

// metadataAddresses are where clouds answer with credentials and which are not
// link-local: AWS and GCP over IPv6, Alibaba, Azure, Oracle.
var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("fd20:ce::254"),
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("168.63.129.16"),
	netip.MustParseAddr("192.0.0.192"),
}

var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	ipv4Compat = netip.MustParsePrefix("::/96")
)

// embedded returns the IPv4 address that an IPv6 address leads to through a
// translator or tunnel, or else the address itself.
func embedded(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case !a.Is6() || a.IsUnspecified() || a.IsLoopback():
		return a
	case nat64.Contains(a), ipv4Compat.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// isLoopbackHost reports whether host names this machine by itself, so that
// nothing sent to it crosses a network.
func isLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// checkURL refuses a URL that keys must not be fetched from.
func checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, ErrInsecureURL
	}
	if u.Scheme == "https" || u.Scheme == "http" && isLoopbackHost(u.Hostname()) {
		return u, nil
	}
	return nil, ErrInsecureURL
}

// checkIssuer refuses an issuer identifier outside RFC 8414 §2.
func checkIssuer(issuer string) (*url.URL, error) {
	u, err := checkURL(issuer)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(issuer, "?#") {
		return nil, errors.New("an issuer has no query and no fragment")
	}
	return u, nil
}
