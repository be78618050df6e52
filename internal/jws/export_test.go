package jws

import "crypto"

// VerifySignature is the one place where signatures are verified, with a hash
// made on the spot.
func VerifySignature(alg string, key crypto.PublicKey, input string, signature []byte) bool {
	a := algorithmNamed(alg)
	return a.fits(key) && a.verify(key, &Signed{input: input, signature: signature})
}
