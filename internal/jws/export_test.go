package jws

import "crypto"

// VerifySignature is the one place where signatures are verified, with a hash
// made on the spot.
func VerifySignature(alg string, key crypto.PublicKey, input string, signature []byte) bool {
	a := algorithmNamed(alg)
	return a.fits(key) && a.verify(key, &Signed{input: input, signature: signature})
}

// Known is how many keys are remembered.
func (v *SelfVerifier) Known() int { return len(v.known.keys) }

// MaxKnown is the most that are.
const MaxKnown = maxKnown

// Fill remembers n keys that no object has.
func (v *SelfVerifier) Fill(n int) {
	for i := range n {
		v.known.put([32]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}, parsedKey{})
	}
}
