// Package publickey compares public keys.
package publickey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
)

// Equal reports whether a and b are the same key. It compares where they are
// first, since a source of keys hands out the same ones until it fetches again.
// Only an *rsa.PublicKey, an *ecdsa.PublicKey or an ed25519.PublicKey equals
// anything. It allocates nothing.
func Equal(a, b crypto.PublicKey) bool {
	switch a := a.(type) {
	case *rsa.PublicKey:
		b, ok := b.(*rsa.PublicKey)
		return ok && (a == b || a.Equal(b))
	case *ecdsa.PublicKey:
		b, ok := b.(*ecdsa.PublicKey)
		return ok && (a == b || a.Equal(b))
	case ed25519.PublicKey:
		return a.Equal(b)
	}
	return false
}
