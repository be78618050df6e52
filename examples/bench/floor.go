package bench

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
)

// Signature is the bare check of one token's signature, with everything that
// can be prepared prepared: what remains is the hash and the arithmetic. No
// verifier that does not remember tokens can be faster.
func (i *Issuer) Signature(raw string) func() bool {
	input, signature := signed(raw)
	switch key := i.current.Public().(type) {
	case ed25519.PublicKey:
		return func() bool { return ed25519.Verify(key, input, signature) }
	case *ecdsa.PublicKey:
		der := derOf(signature)
		return func() bool {
			digest := sha256.Sum256(input)
			return ecdsa.VerifyASN1(key, digest[:], der)
		}
	case *rsa.PublicKey:
		if i.Algorithm == "PS256" {
			return pssCheck(key, input, signature)
		}
		return func() bool {
			digest := sha256.Sum256(input)
			return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
		}
	}
	panic("no such algorithm: " + i.Algorithm)
}

func pssCheck(key *rsa.PublicKey, input, signature []byte) func() bool {
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	return func() bool {
		digest := sha256.Sum256(input)
		return rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, options) == nil
	}
}

func signed(raw string) (input, signature []byte) {
	dot := strings.LastIndexByte(raw, '.')
	return []byte(raw[:dot]), must(base64.RawURLEncoding.DecodeString(raw[dot+1:]))
}

func derOf(signature []byte) []byte {
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return must(asn1.Marshal(struct{ R, S *big.Int }{r, s}))
}

// LookUp is a hash of the token and a look-up in a map. No verifier that
// remembers tokens, and does not keep them or compare them in full, can be
// faster.
func LookUp(raw string) func() bool {
	known := map[[sha256.Size]byte]*rest{sha256.Sum256([]byte(raw)): {}}
	input := []byte(raw)
	return func() bool { return known[sha256.Sum256(input)] != nil }
}
