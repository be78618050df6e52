package fetch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/postern-go/postern/internal/printable"
)

// Validate refuses settings that cannot work, by their names.
func (c *Config) Validate() error {
	switch own := c.ownTransport(); {
	case !own && len(c.AllowHosts) > 0:
		return errors.New("AllowHosts has no effect on the transport of HTTPClient")
	case !own && c.RootCAs != nil:
		return errors.New("RootCAs has no effect on the transport of HTTPClient")
	}
	for _, host := range c.AllowHosts {
		if !isHost(host) {
			return fmt.Errorf("AllowHosts: %s, want a host name or an address without port", printable.Value(host))
		}
	}
	return nil
}

// ownTransport reports whether the transport is one of this package.
func (c *Config) ownTransport() bool { return c.HTTPClient == nil || c.HTTPClient.Transport == nil }

// isHost reports whether a text can stand as the host of a URL, where IPv6
// addresses have brackets.
func isHost(host string) bool {
	if strings.Count(host, ":") > 1 {
		host = "[" + host + "]"
	}
	u, err := CheckURL("https://" + host + "/")
	return err == nil && u.Host == host && u.Port() == "" && !strings.ContainsAny(host, "*/")
}
