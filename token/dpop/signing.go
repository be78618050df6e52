package dpop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"
)

// signing is how a kind of key signs.
type signing struct {
	name string
	hash crypto.Hash // 0 for Ed25519
	size int         // bytes of each half of an ECDSA signature, or 0
}

// signingWith is that of a key that jwks.CheckKey has passed.
func signingWith(key crypto.PublicKey) signing {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return signing{name: "EdDSA"}
	case *rsa.PublicKey:
		return signing{name: "PS256", hash: crypto.SHA256}
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P384():
			return signing{"ES384", crypto.SHA384, 48}
		case elliptic.P521():
			return signing{"ES512", crypto.SHA512, 66}
		}
	}
	return signing{"ES256", crypto.SHA256, 32}
}

func (s signing) sign(key crypto.Signer, input string) ([]byte, error) {
	if s.hash == 0 {
		return key.Sign(rand.Reader, []byte(input), crypto.Hash(0))
	}
	h := s.hash.New()
	h.Write([]byte(input))
	if s.size == 0 {
		options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash}
		return key.Sign(rand.Reader, h.Sum(nil), options)
	}
	der, err := key.Sign(rand.Reader, h.Sum(nil), s.hash)
	if err != nil {
		return nil, err
	}
	return s.halves(der)
}

// halves brings an ECDSA signature into the form of RFC 7518 §3.4.
func (s signing) halves(der []byte) ([]byte, error) {
	var numbers struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &numbers)
	if err != nil || len(rest) > 0 || !s.fits(numbers.R) || !s.fits(numbers.S) {
		return nil, fmt.Errorf("the key made no ECDSA signature of %s", s.name)
	}
	out := make([]byte, 2*s.size)
	numbers.R.FillBytes(out[:s.size])
	numbers.S.FillBytes(out[s.size:])
	return out, nil
}

func (s signing) fits(n *big.Int) bool { return n.Sign() > 0 && n.BitLen() <= 8*s.size }
