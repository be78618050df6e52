package token

import (
	"context"
	"crypto"

	"github.com/postern-go/postern/jwks"
)

// VerifyCompact makes those checks of Verifier.Authenticate that published JWS
// vectors are about: compact form, header, algorithm, critical parameters, kid
// and key. Their payloads are no claims, and their headers have no typ. It
// returns what was signed.
func VerifyCompact(raw string, keys []jwks.Key, algs []string) (payload string, err error) {
	v := &Verifier{keys: jwks.Static(keys), maxSize: largestMaxSize}
	for _, name := range algs {
		v.algorithms = append(v.algorithms, algorithmNamed(name))
	}
	if err := v.checkSize(raw); err != nil {
		return "", err
	}
	var r room
	jws, sig, err := readCompact(raw, &r)
	if err != nil {
		return "", err
	}
	var id tokenID
	id.take(raw)
	sig.sha256, sig.hashed = id.input, true
	h, err := readHeader(jws.header)
	if err != nil {
		return "", err
	}
	return jws.payload, v.verifyVector(&sig, &h)
}

func (v *Verifier) verifyVector(sig *signed, h *header) error {
	alg, err := v.algorithm(h)
	if err != nil {
		return err
	}
	if err := h.checkCritical(); err != nil {
		return err
	}
	kid, err := v.keyID(h)
	if err != nil {
		return err
	}
	_, err = v.findKey(context.Background(), sig, alg, kid)
	return err
}

// VerifySignature is the one place where signatures are verified, with a hash
// made on the spot.
func VerifySignature(alg string, key crypto.PublicKey, input string, signature []byte) bool {
	a := algorithmNamed(alg)
	return a.fits(key) && a.verify(key, &signed{input: input, signature: signature})
}
