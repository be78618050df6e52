package mint

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
)

// Verify tells whether the signature of a JWS is the key's (RFC 7515 §5.2), by
// the standard library alone, as Sign makes it.
func (k Key) Verify(input, signature []byte) bool {
	a := AlgorithmNamed(k.Algorithm)
	digest := a.Digest(input)
	switch public := k.Private.Public().(type) {
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		return ecdsa.Verify(public, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
	case ed25519.PublicKey:
		return ed25519.Verify(public, input, signature)
	case *rsa.PublicKey:
		if a.PSS {
			return rsa.VerifyPSS(public, a.Hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(public, a.Hash, digest, signature) == nil
	default:
		return false
	}
}

// Signed is a JWT in compact form, not verified.
type Signed struct {
	Algorithm, KeyID string
	Claims           string // JSON
	input, signature []byte
}

// ParseSigned takes a JWT apart. ok is false if it is none.
func ParseSigned(compact string) (s Signed, ok bool) {
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return s, false
	}
	var decoded [3][]byte
	for n, part := range parts {
		var err error
		if decoded[n], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return s, false
		}
	}
	var header struct{ Alg, Kid string }
	if json.Unmarshal(decoded[0], &header) != nil {
		return s, false
	}
	return Signed{
		Algorithm: header.Alg, KeyID: header.Kid, Claims: string(decoded[1]),
		input: []byte(parts[0] + "." + parts[1]), signature: decoded[2],
	}, true
}

// By tells whether the key has signed it.
func (s Signed) By(k Key) bool {
	return k.Private != nil && s.Algorithm == k.Algorithm && k.Verify(s.input, s.signature)
}
