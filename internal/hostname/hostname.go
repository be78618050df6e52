// Package hostname compares the names of hosts and tells which of them stand for
// this machine.
package hostname

import (
	"net/netip"
	"strings"
)

// Plain returns the one spelling of a host name or address: DNS heeds neither
// case nor a final dot, and an IPv4 address may be written inside an IPv6 one.
func Plain(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	return host
}

// IsLoopback reports whether host, given without a port, names this machine by
// itself, so that nothing sent to it crosses a network: a loopback address, or
// "localhost". Any other name is a matter of DNS.
func IsLoopback(host string) bool {
	host = Plain(host)
	a, _ := netip.ParseAddr(host) // the zero Addr is not loopback
	return host == "localhost" || a.IsLoopback()
}
