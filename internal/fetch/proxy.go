package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/printable"
)

// proxy is an HTTP proxy by which all requests go. It resolves names itself, out
// of reach of the dialer, so each target is judged before the proxy is asked. Its
// own address is the dialer's to judge, as one that the configuration names.
type proxy struct {
	url    *url.URL
	target dialer // with the rules for targets, which are never on this machine
}

// parseProxy reads the URL of a proxy. Nothing of it is in an error: it may hold a
// password.
func parseProxy(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil, len(raw) > maxURL, strings.ContainsFunc(raw, isNotOfURL), strings.ContainsFunc(u.Host, isNotOfURL):
		return nil, errors.New("no URL of printable characters (RFC 3986)")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("neither an http nor an https URL")
	case u.Hostname() == "" || !isPort(portOf(u)):
		return nil, errors.New("no URL with a host, and a port from 1 to 65535")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("a URL with more than a host and a port")
	}
	return u, nil
}

// ShownProxy is the URL of a proxy without its credentials, or "" if raw is not
// the URL of a proxy.
func ShownProxy(raw string) string {
	u, err := parseProxy(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// choose returns the proxy for a request, in the place of http.Transport.Proxy.
func (p *proxy) choose(r *http.Request) (*url.URL, error) {
	if err := p.target.guardTarget(r.Context(), r.URL.Hostname()); err != nil {
		return nil, err
	}
	return p.url, nil
}

// guardTarget refuses a host that the proxy must not be asked for. A name is
// resolved here only to be judged: what the proxy makes of it, the proxy decides,
// as it does for a name that is unknown here.
func (d dialer) guardTarget(ctx context.Context, host string) error {
	host = hostname.Plain(host)
	switch address, err := netip.ParseAddr(host); {
	case isListed(d.allowed, host):
		return nil
	case err == nil:
		return d.judge(address, false)
	case hostname.IsLoopback(host), strings.HasSuffix(host, ".localhost"): // RFC 6761 §6.3
		return evidence.Errorf(ErrBlockedAddress, "host %s is loopback, which is another machine for the proxy (see %s.Proxy)", printable.Value(host), d.settings)
	case isNumeric(host):
		return evidence.Errorf(ErrBlockedAddress, "host %s is a number, want a name or an address (see %s.AllowHosts)", printable.Value(host), d.settings)
	}
	for _, address := range d.lookup(ctx, host) {
		if err := d.judge(address, false); err != nil {
			return err
		}
	}
	return nil
}

// lookup returns the addresses of a name, or nil if they are not known here soon.
// Where only the proxy resolves names, a question may get no answer at all, and
// must leave time for the proxy.
func (d dialer) lookup(ctx context.Context, host string) []netip.Addr {
	ctx, cancel := context.WithTimeout(ctx, min(d.timeout/4, time.Second))
	defer cancel()
	resolver := d.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	addresses, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	return addresses
}

// isNumeric reports whether a host is an address in a spelling that some systems
// read, such as 0x7f.1 or 2852039166: its last label is a number, or empty, so
// that dots cannot hide one.
func isNumeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if digits, hex := strings.CutPrefix(last, "0x"); hex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// connected refuses an answer of the proxy to CONNECT, in the place of
// http.Transport.OnProxyConnectResponse. The text of the status is left out: it is
// the proxy's to choose.
func (p *proxy) connected(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	return evidence.Errorf(ErrProxy, "CONNECT was answered with status %d, want 200", response.StatusCode)
}

// use lets a transport send all its requests by the proxy. HTTP/2 is off: a proxy
// that is asked for it in TLS would take it for the CONNECT as well.
func (p *proxy) use(t *http.Transport) {
	t.Proxy, t.OnProxyConnectResponse, t.ForceAttemptHTTP2 = p.choose, p.connected, false
}

// byProxy says in err, the error of an exchange without an answer, that a proxy
// was asked.
func (c *Client) byProxy(err error) error {
	if c.config.Proxy == "" || errors.Is(err, ErrBlockedAddress) && !isOfProxy(err) || errors.Is(err, ErrTokenFile) {
		return err
	}
	kind := err
	if isOfProxy(err) {
		kind = evidence.Join(ErrProxy, err)
	}
	text := "by proxy " + printable.Value(ShownProxy(c.config.Proxy)) + " (see " + c.setting("Proxy") + "): " + err.Error()
	return &evidence.Error{Kind: kind, Text: text}
}

// isOfProxy reports whether an exchange failed on the way to the proxy or at it.
func isOfProxy(err error) bool {
	var unconnected *net.OpError
	return errors.Is(err, ErrProxy) || errors.As(err, &unconnected) && unconnected.Op == "proxyconnect"
}
