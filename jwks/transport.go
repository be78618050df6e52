package jwks

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"slices"
)

// newClient returns the client that fetches: a copy of given, or one of our
// own. Either way it follows no redirect, because only the configured origins
// are trusted to say what the keys are, and keeps no cookies.
func newClient(c *RemoteConfig) *http.Client {
	var client http.Client
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	}
	if client.Transport == nil { // http.DefaultTransport belongs to others
		d := dialer{allowed: c.AllowHosts, loopback: c.namesLoopback(), timeout: c.fetchTimeout()}
		client.Transport = newTransport(d, c.RootCAs)
	}
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// ownTransport reports whether the transport is one of this package.
func (c *RemoteConfig) ownTransport() bool {
	return c.HTTPClient == nil || c.HTTPClient.Transport == nil
}

// namesLoopback reports whether the operator has named this machine as a place
// of keys or of metadata.
func (c *RemoteConfig) namesLoopback() bool {
	places := c.URLs
	if len(places) == 0 {
		places = []string{c.Issuer}
	}
	return slices.ContainsFunc(places, func(place string) bool {
		u, err := url.Parse(place)
		return err == nil && isLoopbackHost(u.Hostname())
	})
}

// newTransport returns a transport without a proxy from the environment, and
// without idle connections: a set is fetched a few times an hour, and nothing
// of this package runs in between.
func newTransport(d dialer, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    d.timeout,
		ResponseHeaderTimeout:  d.timeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
	}
}
