package jwks

import (
	"net"
	"net/http"
	"time"
)

// For tests of what cannot be reached from outside.
var (
	FreshFor      = freshFor
	ParseMetadata = parseMetadata
	Guard         = guard
	ProxyIn       = proxyIn
)

// NewGuardedTransport is the transport of a Remote without HTTPClient, with
// another resolver.
func NewGuardedTransport(allowed []string, resolver *net.Resolver) *http.Transport {
	return newTransport(dialer{allowed: allowed, timeout: 5 * time.Second, resolver: resolver}, nil)
}

// NewLoopbackTransport is that of a Remote whose configuration names this machine.
func NewLoopbackTransport(resolver *net.Resolver) *http.Transport {
	return newTransport(dialer{loopback: true, timeout: 5 * time.Second, resolver: resolver}, nil)
}

// TransportOf is the transport that a Remote of that configuration dials with.
func TransportOf(c RemoteConfig) http.RoundTripper { return newClient(&c).Transport }

// Settle waits for the flight under way, if there is one.
func Settle(r *Remote) {
	if f := r.flight.Load(); f != nil {
		<-f.done
	}
}

// Holds tells whether r holds a key of that id, at no cost to its budget.
func Holds(r *Remote, kid string) bool { return r.view.Load().lookup(kid) != nil }

// Unreachable is what an error of a transport becomes.
func Unreachable(url string, own bool, err error) error {
	return (&fetcher{own: own}).unreachable(&query{url: url}, err)
}
