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
)

// MissingKids is how many kids r remembers to have looked for in vain.
func MissingKids(r *Remote) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(len(r.budget.missing.entries), len(r.budget.missing.order))
}

// NewGuardedTransport is the transport of a Remote without HTTPClient, with
// another resolver.
func NewGuardedTransport(allowed []string, resolver *net.Resolver) *http.Transport {
	return newTransport(dialer{allowed: allowed, timeout: 5 * time.Second, resolver: resolver})
}
