package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/postern-go/postern/internal/publickey"
)

// Thumbprint returns the SHA-256 thumbprint of the key (RFC 7638 §3) in base64url:
// the name of a key that is bound to a token, as in the jkt of a confirmation
// (RFC 9449 §6.1). Two keys have the same one only if they are the same key: ID
// and Algorithm do not count, and since the hash is over the numbers of the key,
// neither does the form in which they were published.
//
// An error matches one of the ErrKey values. Thumbprint fails for a key of a
// type or curve that CheckKey refuses, for numbers that are not a key at all,
// and so for the zero Key. A weak key has a thumbprint. It never blocks and may
// be called concurrently.
func (k Key) Thumbprint() (string, error) {
	members, err := requiredMembers(k.Public)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(members))
	return base64.RawURLEncoding.EncodeToString(hash[:]), nil
}

// requiredMembers is the JWK with the members that RFC 7638 §3.2 wants.
func requiredMembers(key crypto.PublicKey) (string, error) {
	if k, ok := key.(*ecdsa.PublicKey); ok {
		if _, err := checkEC(k); err != nil {
			return "", err
		}
	}
	if members, ok := publickey.JWK(key); ok {
		return members, nil
	}
	if _, ok := key.(*rsa.PublicKey); ok {
		return "", fmt.Errorf("%w: no modulus or exponent", ErrKeyMalformed)
	}
	_, err := checkPublic(key)
	return "", err
}
