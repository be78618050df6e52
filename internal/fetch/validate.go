package fetch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/hostname"
	"github.com/postern-go/postern/internal/printable"
)

// Validate refuses settings that cannot work, by their names.
func (c *Config) Validate() error {
	switch own := c.ownTransport(); {
	case !own && len(c.AllowHosts) > 0:
		return errors.New("AllowHosts has no effect on the transport of HTTPClient")
	case !own && c.RootCAs != nil:
		return errors.New("RootCAs has no effect on the transport of HTTPClient")
	case !own && c.Proxy != "":
		return errors.New("Proxy has no effect on the transport of HTTPClient")
	case !own && c.Certificate != nil:
		return errors.New("a certificate has no effect on the transport of HTTPClient")
	case strings.ContainsRune(c.TokenFile, 0):
		return errors.New("TokenFile: a path has no NUL byte")
	}
	if err := c.validateProxy(); err != nil {
		return err
	}
	if err := areHosts("AllowHosts", c.AllowHosts); err != nil {
		return err
	}
	if err := areHosts("PlainHTTPHosts", c.PlainHTTPHosts); err != nil {
		return err
	}
	if i := slices.IndexFunc(c.PlainHTTPHosts, hostname.IsLoopback); i >= 0 {
		return fmt.Errorf("PlainHTTPHosts: %s is a loopback host, want one of the network: http to this machine needs no leave", c.PlainHTTPHosts[i])
	}
	return nil
}

// validateProxy refuses a proxy that cannot be used. It shows nothing of it.
func (c *Config) validateProxy() error {
	if c.Proxy == "" {
		return nil
	}
	if _, err := parseProxy(c.Proxy); err != nil {
		return fmt.Errorf("Proxy: %w, want one such as http://proxy.example:3128", err)
	}
	if namesLoopback(c.Named) {
		return errors.New("Proxy: a loopback host is another machine for a proxy, want none in the URLs to fetch")
	}
	return nil
}

func areHosts(setting string, hosts []string) error {
	for _, host := range hosts {
		if !isHost(host) {
			return fmt.Errorf("%s: %s, want a host name or an address without port", setting, printable.Value(cmp.Or(host, `""`)))
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
	u, err := (&Config{}).CheckURL("https://" + host + "/")
	return err == nil && u.Host == host && u.Port() == "" && !strings.ContainsAny(host, "*/")
}
