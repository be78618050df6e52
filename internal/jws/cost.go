package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"math/bits"
)

// If an issuer's keys have no kid, or several share one, a Verifier cannot tell
// which key is meant, and a token costs one verification for each key that
// fits. Verifications differ: one with 8192 bits costs as much as thirty with
// 2048. So the limit is on the cost, not on the number of keys. The unit is a
// thousandth of a verification with an RSA key of 2048 bits and the usual
// exponent.
const (
	unit    = 1000
	maxCost = 8 * unit
)

// costOf is the approximate cost of a verification with the key. It is never 0.
func costOf(key crypto.PublicKey) int {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return costOfRSA(k.N.BitLen(), k.E)
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			// P-384 and P-521 cost more than this. It leaves room for two, the
			// number of keys while an issuer changes to a new one.
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
