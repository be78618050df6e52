package valkey

import (
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// withURL is c with the parts of its URL as fields. Errors never quote the URL: a
// password with a slash in it makes the rest of it look like any other part.
func (c Config) withURL() (Config, error) {
	if len(c.Addresses) > 0 || c.Username != "" || c.Password != "" || c.Database != 0 {
		return c, badConfig("URL takes the place of Addresses, Username, Password and Database, and they are set too")
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return c, badConfig("URL is none; special characters of a password are written as in %%2F")
	}
	secure := false
	switch u.Scheme {
	case "redis", "valkey":
	case "rediss", "valkeys":
		secure = true
	default:
		return c, badConfig("URL has a scheme other than redis, rediss, valkey and valkeys")
	}
	switch {
	case u.Opaque != "" || u.Hostname() == "":
		return c, badConfig("URL has no host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return c, badConfig("URL has a query or a fragment; settings have fields of their own")
	case !secure && c.TLS != nil:
		return c, badConfig("TLS is set and the URL does not ask for it, want the scheme rediss")
	}
	if c.Database, err = database(u.Path); err != nil {
		return c, err
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	c.Addresses = []string{net.JoinHostPort(u.Hostname(), port)}
	if u.User != nil {
		c.Username = u.User.Username()
		c.Password, _ = u.User.Password()
	}
	if secure && c.TLS == nil {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	c.URL = ""
	return c, nil
}

func database(path string) (int, error) {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(path, 10, 16)
	if err != nil {
		return 0, badConfig("URL has a path that is no number of a database")
	}
	return int(n), nil
}
