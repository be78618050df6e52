package jwks

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// dialer connects to public key servers and to nothing that only looks like
// one. A metadata document, or the DNS of a host in foreign hands, could
// otherwise point this process at the credentials its cloud hands out on
// link-local addresses. Addresses are judged after resolution, on the very
// address that is about to be connected to, so that a name which resolves
// differently the second time ("DNS rebinding") gains nothing.
type dialer struct {
	allowed  []string // host names exempt from the guard
	loopback bool     // the configuration names a host of this machine
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
		// The permission is the operator's. A document that names a host of
		// this machine must not open every port here to its author.
		named := d.loopback && isLoopbackHost(host)
		nd.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return guard(resolved, named)
		}
	}
	return nd.DialContext(ctx, network, address)
}

func (d dialer) allows(host string) bool {
	return slices.ContainsFunc(d.allowed, func(a string) bool { return plainHost(a) == plainHost(host) })
}

// guard refuses a resolved address. Loopback is for hosts that are named so, and
// nothing else is for those: another name that resolves to loopback is aiming
// at this machine, and http to a "localhost" elsewhere would cross a network.
func guard(resolved string, loopbackNamed bool) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return because(ErrBlockedAddress, "the address is unreadable")
	}
	a := at.Addr().WithZone("").Unmap()
	switch kind := refusedAs(a); {
	case a.IsLoopback() && loopbackNamed:
		return nil
	case a.IsLoopback():
		return because(ErrBlockedAddress, "address %s is loopback, want one of the network (see RemoteConfig.AllowHosts)", a)
	case loopbackNamed:
		return because(ErrBlockedAddress, "address %s of a loopback host is elsewhere, want loopback (see RemoteConfig.AllowHosts)", a)
	case kind != "":
		return because(ErrBlockedAddress, "address %s is refused (%s), want one that a key server can have (see RemoteConfig.AllowHosts)", a, kind)
	}
	return nil
}

// isLoopbackHost reports whether host names this machine by itself, so that
// nothing sent to it crosses a network.
func isLoopbackHost(host string) bool {
	host = plainHost(host)
	a, _ := netip.ParseAddr(host) // the zero Addr is not loopback
	return host == "localhost" || a.IsLoopback()
}

// plainHost is the one spelling of a host name or address: DNS heeds neither
// case nor a final dot.
func plainHost(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	return host
}

// sameHost reports whether two URLs lead to the same port of the same host.
func sameHost(a, b *url.URL) bool {
	return plainHost(a.Hostname()) == plainHost(b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// maxURL is longer than any URL of a key set that is in use.
const maxURL = 2048

// checkURL refuses a URL that keys must not be fetched from.
func checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil, len(raw) > maxURL, strings.ContainsFunc(raw, isNotOfURL):
		return nil, because(ErrInsecureURL, "no URL of up to %d printable characters (RFC 3986)", maxURL)
	case u.Hostname() == "":
		return nil, because(ErrInsecureURL, "no URL with a host")
	case u.User != nil:
		return nil, because(ErrInsecureURL, "a URL with a user or a password")
	case u.Fragment != "":
		return nil, because(ErrInsecureURL, "a URL with a fragment")
	case !isPort(portOf(u)):
		return nil, because(ErrInsecureURL, "a URL with a port outside of 1 to 65535")
	case u.Scheme == "https", u.Scheme == "http" && isLoopbackHost(u.Hostname()):
		return u, nil
	}
	return nil, because(ErrInsecureURL, "neither https nor http on a loopback host")
}

func isNotOfURL(r rune) bool { return r <= ' ' || r > '~' }

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// checkIssuer refuses an issuer identifier outside RFC 8414 §2, and two texts
// that are often taken for one: a template of several, and the address of the
// metadata.
func checkIssuer(issuer string) (*url.URL, error) {
	u, err := checkURL(issuer)
	switch {
	case err != nil:
		return nil, err
	case strings.ContainsAny(issuer, "?#"):
		return nil, errors.New("an issuer has no query and no fragment")
	case strings.ContainsAny(issuer, "{}"):
		return nil, errors.New("a template, want the identifier of one issuer")
	case strings.Contains(u.Path, "/.well-known/"):
		return nil, errors.New("the URL of a metadata document, want the issuer that it names")
	}
	return u, nil
}
