package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/postern-go/postern/internal/zerocopy"
)

// algorithm is one asymmetric signature algorithm of RFC 7518 §3 or RFC 8037.
type algorithm struct {
	name   string
	family family
	hash   crypto.Hash    // 0 for Ed25519
	curve  elliptic.Curve // of ECDSA
	size   int            // bytes of each half of an ECDSA signature
}

type family uint8

const (
	pkcs1v15 family = iota
	pss
	ec
	ed
)

// algorithms are all that can be configured. HMAC and "none" are not among
// them: a resource server holds public keys only.
var algorithms = []*algorithm{
	{name: "RS256", family: pkcs1v15, hash: crypto.SHA256},
	{name: "RS384", family: pkcs1v15, hash: crypto.SHA384},
	{name: "RS512", family: pkcs1v15, hash: crypto.SHA512},
	{name: "PS256", family: pss, hash: crypto.SHA256},
	{name: "PS384", family: pss, hash: crypto.SHA384},
	{name: "PS512", family: pss, hash: crypto.SHA512},
	{name: "ES256", family: ec, hash: crypto.SHA256, curve: elliptic.P256(), size: 32},
	{name: "ES384", family: ec, hash: crypto.SHA384, curve: elliptic.P384(), size: 48},
	{name: "ES512", family: ec, hash: crypto.SHA512, curve: elliptic.P521(), size: 66},
	{name: edDSA, family: ed},
	{name: fullyEd25519, family: ed},
}

// EdDSA is the older name and here means Ed25519 only (RFC 9864 §2.2).
const (
	edDSA        = "EdDSA"
	fullyEd25519 = "Ed25519"
)

func algorithmNamed(name string) *algorithm {
	for _, a := range algorithms {
		if a.name == name {
			return a
		}
	}
	return nil
}

func sameAlgorithm(a, b string) bool {
	return a == b || a == edDSA && b == fullyEd25519 || a == fullyEd25519 && b == edDSA
}

func (a *algorithm) isRSA() bool { return a.family == pkcs1v15 || a.family == pss }

// What an RSA key must have (RFC 7518 §3.3). Package jwks hands out no others;
// a Source of the user's own might.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// fits tells whether the key is of the right kind, on the right curve and not
// too small (RFC 7518 §3.3, §3.4, RFC 8037 §3.1).
func (a *algorithm) fits(key crypto.PublicKey) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return a.isRSA() && k != nil && k.N != nil && k.N.BitLen() >= minRSABits && k.N.BitLen() <= maxRSABits
	case *ecdsa.PublicKey:
		return a.family == ec && k != nil && k.Curve == a.curve
	case ed25519.PublicKey:
		return a.family == ed && len(k) == ed25519.PublicKeySize
	default:
		return false
	}
}

// verify checks the signature over input with a key that the algorithm
// accepts. This is the one place where signatures are verified.
func (a *algorithm) verify(key crypto.PublicKey, s *Signed) bool {
	if a.family == ed {
		return verifyEd25519(key.(ed25519.PublicKey), s.input, s.signature)
	}
	var buf [sha512.Size]byte
	digest := a.digest(s, buf[:0])
	switch a.family {
	case pkcs1v15:
		return rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), a.hash, digest, s.signature) == nil
	case pss:
		// RFC 7518 §3.5 demands a salt as long as the hash. The default options
		// of crypto/rsa do not.
		options := rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
		return rsa.VerifyPSS(key.(*rsa.PublicKey), a.hash, digest, s.signature, &options) == nil
	default:
		return verifyECDSA(key.(*ecdsa.PublicKey), a.size, digest, s.signature)
	}
}

// digest appends the hash of the signing input to buf.
func (a *algorithm) digest(s *Signed, buf []byte) []byte {
	switch a.hash {
	case crypto.SHA256:
		if s.hashed {
			return append(buf, s.sha256[:]...)
		}
		sum := sha256.Sum256(zerocopy.Bytes(s.input))
		return append(buf, sum[:]...)
	case crypto.SHA384:
		sum := sha512.Sum384(zerocopy.Bytes(s.input))
		return append(buf, sum[:]...)
	default:
		sum := sha512.Sum512(zerocopy.Bytes(s.input))
		return append(buf, sum[:]...)
	}
}

// verifyECDSA takes the two halves at their full length (RFC 7518 §3.4) and
// nothing else: not DER, not longer, not shorter. That each half is from 1 to
// n-1 is checked by crypto/ecdsa.
func verifyECDSA(key *ecdsa.PublicKey, size int, digest, signature []byte) bool {
	if len(signature) != 2*size {
		return false
	}
	var der [maxDER]byte
	return ecdsa.VerifyASN1(key, digest, appendSignature(der[:0], signature[:size], signature[size:]))
}

func verifyEd25519(key ed25519.PublicKey, input string, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(key, zerocopy.Bytes(input), signature)
}

// maxDER is the size of the longest signature: a sequence of two integers of 66
// bytes, each with two bytes before it, and three before them all.
const maxDER = 3 + 2*(2+67)

// appendSignature writes the ASN.1 form of a signature that crypto/ecdsa
// takes. Going by way of math/big would cost allocations.
func appendSignature(der, r, s []byte) []byte {
	r, s = trimZeros(r), trimZeros(s)
	n := integerLen(r) + integerLen(s)
	der = append(der, 0x30)
	if n > 127 {
		der = append(der, 0x81)
	}
	der = append(der, byte(n))
	return appendInteger(appendInteger(der, r), s)
}

func trimZeros(b []byte) []byte {
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// integerLen is the length of an ASN.1 integer with the two bytes before it. A
// first bit that is set needs a zero byte, or else the number is negative.
func integerLen(b []byte) int { return 2 + len(b) + int(b[0]>>7) }

func appendInteger(der, b []byte) []byte {
	der = append(der, 0x02, byte(integerLen(b)-2))
	if b[0]>>7 == 1 {
		der = append(der, 0)
	}
	return append(der, b...)
}
