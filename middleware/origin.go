package middleware

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/weburl"
	"github.com/postern-go/postern/token"
)

// origin is a scheme, a host and a port (RFC 6454 §4), in one spelling.
type origin struct{ scheme, host, port string }

func parseOrigin(text string) (origin, error) {
	u, ok := weburl.Base(text)
	if !ok || u.Path != "" {
		return origin{}, fmt.Errorf("middleware: %w: %q is not an origin (scheme://host[:port])", token.ErrConfig, text)
	}
	o := originOf(u)
	if o.host == "" {
		return origin{}, fmt.Errorf("middleware: %w: the host of origin %q is empty or not ASCII", token.ErrConfig, text)
	}
	if o.scheme != "https" && !hostname.IsLoopback(o.host) {
		return origin{}, fmt.Errorf("middleware: %w: origin %q must be https or on loopback", token.ErrConfig, text)
	}
	return o, nil
}

// originOf is the zero origin, which matches no service, if the host is not ASCII:
// transports differ in how they fold other letters.
func originOf(u *url.URL) origin {
	if !isASCII(u.Host) {
		return origin{}
	}
	o := origin{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: u.Port()}
	if o.port == "" {
		o.port = defaultPorts[o.scheme]
	}
	return o
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
