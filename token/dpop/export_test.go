package dpop

import (
	"net/url"
	"time"
)

// NormalURL is the form in which the htu of a proof is compared.
func NormalURL(htu string) (origin, path string, ok bool) {
	u, ok := parseURI(htu)
	return u.origin, u.path, ok
}

// NormalTarget is the form in which the URL of a call is compared.
func NormalTarget(target *url.URL) (string, bool) {
	u, ok := uriOf(target)
	return u.String(), ok
}

// Read reports when a nonce was made.
func (n *Nonces) Read(nonce, origin string) (time.Time, bool) { return n.read(nonce, origin) }

// Next is a new nonce.
func (n *Nonces) Next(origin string, now time.Time) string { return n.next(origin, now) }
