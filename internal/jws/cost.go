package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"math/bits"
)

// Where an issuer gives keys no kid, or one kid to several, there is no telling
// which is meant, and a token costs as many verifications as keys fit. They are
// not alike: one with 8192 bits costs as much as thirty with 2048. So what is
// bounded is the cost. It is counted in verifications with an RSA key of 2048
// bits and the usual exponent, in thousandths.
const (
	unit    = 1000
	maxCost = 8 * unit
)

// costOf is about what a verification with the key costs. It is never 0.
func costOf(key crypto.PublicKey) int {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return costOfRSA(k.N.BitLen(), k.E)
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			// P-384 and P-521 cost more than this. It leaves room for two, as
			// many as there are while an issuer goes over to a new key.
			return maxCost / 2
		}
	}
	return unit
}

// costOfRSA grows with the square of the modulus, and with the length of the
// exponent down to where other work costs more.
func costOfRSA(modulus, exponent int) int {
	const usual = 17 // bits of 65537
	share := modulus * unit / 2048
	return max(share*share/unit*bits.Len(uint(max(exponent, 1)))/usual, unit/4)
}
