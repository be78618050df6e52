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
	host = strings.TrimSuffix(Lower(host), ".")
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

// Lower is a host in lower case. It leaves letters beyond ASCII alone: the lower case
// of some, such as the Kelvin sign, is an ASCII letter.
func Lower(s string) string {
	if !strings.ContainsFunc(s, isUpper) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if isUpper(rune(c)) {
			b[i] = c + ('a' - 'A')
		}
	}
	return string(b)
}

func isUpper(r rune) bool { return r >= 'A' && r <= 'Z' }
