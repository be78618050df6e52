package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
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

// requiredMembers is the JWK with the members that RFC 7638 §3.2 wants, in their
// order and in their one spelling (RFC 7518 §6.2, §6.3; RFC 8037 §2).
func requiredMembers(key crypto.PublicKey) (string, error) {
	text := base64.RawURLEncoding.EncodeToString
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k == nil || k.N == nil || k.N.Sign() <= 0 || k.E <= 0 {
			return "", fmt.Errorf("%w: no modulus or exponent", ErrKeyMalformed)
		}
		return fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, text(big.NewInt(int64(k.E)).Bytes()), text(k.N.Bytes())), nil
	case *ecdsa.PublicKey:
		if _, err := checkEC(k); err != nil {
			return "", err
		}
		point, err := k.Bytes() // 4, x, y: coordinates of full length
		if err != nil {
			return "", fmt.Errorf("%w: the point is not on its curve", ErrKeyMalformed)
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		return fmt.Sprintf(`{"crv":"%s","kty":"EC","x":"%s","y":"%s"}`, k.Params().Name, text(x), text(y)), nil
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, text(k)), nil
		}
	}
	_, err := checkPublic(key)
	return "", err
}
