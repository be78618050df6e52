package fetch

import (
	"crypto/x509"
	"errors"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/evidence"
)

// unreachable adds to err, the error of a host without an answer, the setting
// that may help.
func (c *Client) unreachable(t Target, err error) error {
	var wrongHost x509.HostnameError
	var stranger x509.UnknownAuthorityError
	roots := c.setting("RootCAs")
	if !c.own {
		roots = c.setting("HTTPClient")
	}
	err = c.byProxy(err)
	switch {
	case errors.As(err, &stranger):
		return evidence.Hint(err, "want a certificate of an authority that is trusted (see "+roots+")")
	case errors.As(err, &wrongHost):
		return evidence.Hint(err, "want a certificate for this host (for authorities see "+roots+")")
	case c.config.Proxy != "":
		return err
	case c.own && isNetwork(err) && !namesLoopback([]string{t.URL}):
		if name := proxyIn(os.Environ()); name != "" {
			return evidence.Hint(err, name+" is set, but proxies of the environment are not used (see "+c.setting("Proxy")+")")
		}
	}
	return err
}

// isNetwork reports whether a proxy might have helped.
func isNetwork(err error) bool {
	var unresolved *net.DNSError
	var unconnected *net.OpError
	switch {
	case errors.Is(err, ErrBlockedAddress):
		return false
	case errors.As(err, &unresolved), errors.Is(err, ErrTimeout):
		return true
	}
	return errors.As(err, &unconnected) && unconnected.Op == "dial"
}

// proxyIn returns the name of a variable that names a proxy, or "". The value
// may hold a password.
func proxyIn(environ []string) string {
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if value != "" && slices.Contains([]string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"}, strings.ToUpper(name)) {
			return name
		}
	}
	return ""
}
