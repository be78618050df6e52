// Package outbound says where requests with credentials may go, and has the
// transport that takes them there.
package outbound

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/weburl"
)

// Origin is a scheme, a host and a port (RFC 6454 §4), in one spelling. The zero
// Origin is no place.
type Origin struct{ Scheme, Host, Port string }

func parseOrigin(text string) (Origin, error) {
	u, ok := weburl.Base(text)
	if !ok || u.Path != "" {
		return Origin{}, fmt.Errorf("%+q is not an origin (scheme://host[:port])", text)
	}
	o := OriginOf(u)
	if o.Host == "" {
		return Origin{}, fmt.Errorf("the host of origin %+q is empty or not ASCII", text)
	}
	if o.Scheme != "https" && !o.IsLoopback() {
		return Origin{}, fmt.Errorf("origin %+q must be https or on loopback", text)
	}
	return o, nil
}

// OriginOf is the zero Origin, which is in no Origins, if the host is not ASCII:
// transports differ in how they fold other letters.
func OriginOf(u *url.URL) Origin {
	if !isASCII(u.Host) {
		return Origin{}
	}
	o := Origin{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Hostname()), Port: u.Port()}
	if o.Port == "" {
		o.Port = defaultPorts[o.Scheme]
	}
	return o
}

// IsLoopback reports whether it is this machine.
func (o Origin) IsLoopback() bool { return hostname.IsLoopback(o.Host) }

// String is the origin as the beginning of a URL, without a default port.
func (o Origin) String() string {
	host := o.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.Port != defaultPorts[o.Scheme] {
		host += ":" + o.Port
	}
	return o.Scheme + "://" + host
}

// Origins are the services that credentials may be sent to.
type Origins map[Origin]struct{}

// NewOrigins reads a list of at least one origin. http is for loopback hosts alone,
// since a token must not cross a network in clear (RFC 6750 §5.3).
func NewOrigins(list ...string) (Origins, error) {
	if len(list) == 0 {
		return nil, errors.New("there is no origin that requests may go to")
	}
	all := Origins{}
	for _, text := range list {
		o, err := parseOrigin(text)
		if err != nil {
			return nil, err
		}
		all[o] = struct{}{}
	}
	return all, nil
}

// Lists reports whether u is at one of them.
func (all Origins) Lists(u *url.URL) bool {
	_, ok := all[OriginOf(u)]
	return ok
}

// CheckForeign returns an error if one of them needs the transport of NewTransport:
// where another connects to for "localhost" cannot be seen.
func (all Origins) CheckForeign() error {
	for o := range all {
		if o.Scheme == "http" && o.Host == localhost {
			return fmt.Errorf("origin %s with a transport of the program's own, want http://127.0.0.1 or http://[::1]", o)
		}
	}
	return nil
}

var defaultPorts = map[string]string{"https": "443", "http": "80"}

const localhost = "localhost"

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > '~' {
			return false
		}
	}
	return true
}
