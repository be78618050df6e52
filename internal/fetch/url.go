package fetch

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/hostname"
)

// SameHost reports whether two URLs lead to the same port of the same host.
func SameHost(a, b *url.URL) bool {
	return hostname.Plain(a.Hostname()) == hostname.Plain(b.Hostname()) && portOf(a) == portOf(b)
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

// maxURL is longer than any URL of such a document that is in use.
const maxURL = 2048

// CheckURL reads an absolute URL. It refuses one that must not be fetched with
// ErrInsecureURL: https is required except for loopback hosts and PlainHTTPHosts,
// and a user or a fragment is not allowed. Nor is a host with an encoded
// character: what a transport makes of it is another name than the one judged.
func (c *Config) CheckURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil, len(raw) > maxURL, strings.ContainsFunc(raw, isNotOfURL), strings.ContainsFunc(u.Host, isNotOfURL):
		return nil, evidence.Errorf(ErrInsecureURL, "no URL of up to %d printable characters (RFC 3986)", maxURL)
	case u.Hostname() == "":
		return nil, evidence.Errorf(ErrInsecureURL, "no URL with a host")
	case u.User != nil:
		return nil, evidence.Errorf(ErrInsecureURL, "a URL with a user or a password")
	case u.Fragment != "":
		return nil, evidence.Errorf(ErrInsecureURL, "a URL with a fragment")
	case !isPort(portOf(u)):
		return nil, evidence.Errorf(ErrInsecureURL, "a URL with a port outside of 1 to 65535")
	case u.Scheme == "https", u.Scheme == "http" && (hostname.IsLoopback(u.Hostname()) || isListed(c.PlainHTTPHosts, u.Hostname())):
		return u, nil
	}
	return nil, evidence.Errorf(ErrInsecureURL, "neither https nor http on a loopback host or one of PlainHTTPHosts")
}

// isListed reports whether hosts names that host. A suffix of a name is another
// name.
func isListed(hosts []string, host string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return hostname.Plain(h) == hostname.Plain(host) })
}

func isNotOfURL(r rune) bool { return r <= ' ' || r > '~' }

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}
