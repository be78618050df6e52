package fetch

import (
	"net"
	"net/http"
	"time"
)

// For tests of what cannot be reached from outside.
var ProxyIn = proxyIn

// Guard is what a dialer makes of an address. loopbackNamed says that the host
// is one of this machine, by leave of the configuration.
func Guard(resolved string, loopbackNamed bool) error {
	return dialer{settings: "Config"}.guard(resolved, loopbackNamed)
}

// NewGuardedTransport is the transport of a Client without HTTPClient, with
// another resolver.
func NewGuardedTransport(allowed []string, resolver *net.Resolver) *http.Transport {
	return newTransport(dialer{allowed: allowed, timeout: 5 * time.Second, resolver: resolver}, nil)
}

// NewLoopbackTransport is that of a Client whose configuration names this machine.
func NewLoopbackTransport(resolver *net.Resolver) *http.Transport {
	return newTransport(dialer{loopback: true, timeout: 5 * time.Second, resolver: resolver}, nil)
}

// Unreachable is what an error of a transport becomes.
func Unreachable(url string, own bool, err error) error {
	return (&Client{own: own, config: Config{Settings: "Config"}}).unreachable(Target{URL: url}, err)
}

// NewTransport is the transport of a Client with these settings, with another
// resolver.
func NewTransport(c Config, resolver *net.Resolver) *http.Transport { return c.transport(resolver) }

// ByProxy is what an error of a transport becomes when a proxy is set.
func ByProxy(proxy string, err error) error {
	return (&Client{own: true, config: Config{Settings: "Config", Proxy: proxy}}).unreachable(Target{URL: "https://as.example.com"}, err)
}
