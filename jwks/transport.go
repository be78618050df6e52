package jwks

import (
	"crypto/tls"
	"net/http"
	"time"
)

// newClient returns the client that fetches: a copy of given, or one of our
// own. Either way it follows no redirect, because only the configured origins
// are trusted to say what the keys are, and keeps no cookies.
func newClient(given *http.Client, allowHosts []string, timeout time.Duration) *http.Client {
	var client http.Client
	if given != nil {
		client = *given
	}
	if client.Transport == nil { // http.DefaultTransport belongs to others
		client.Transport = newTransport(dialer{allowed: allowHosts, timeout: timeout})
	}
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// newTransport returns a transport without a proxy from the environment, and
// without idle connections: a set is fetched a few times an hour, and nothing
// of this package runs in between.
func newTransport(d dialer) *http.Transport {
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    d.timeout,
		ResponseHeaderTimeout:  d.timeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
	}
}
