package mint

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"encoding/asn1"
	"encoding/base64"
	"math/big"
)

// Sign makes the signature of a JWS (RFC 7515 §5.1) with the standard library
// alone. A JOSE library would refuse the header parameters, algorithms and
// payloads that this package is there to sign.
func (k Key) Sign(input []byte) []byte {
	a := AlgorithmNamed(k.Algorithm)
	signature := Must(k.Private.Sign(rand.Reader, a.Digest(input), a.signerOpts()))
	if public, ok := k.Private.Public().(*ecdsa.PublicKey); ok {
		return fixedWidth(signature, (public.Curve.Params().BitSize+7)/8)
	}
	return signature
}

// Digest is the hash of the input, or the input if the algorithm signs that.
func (a Algorithm) Digest(input []byte) []byte {
	if a.Hash == 0 {
		return input
	}
	h := a.Hash.New()
	h.Write(input)
	return h.Sum(nil)
}

func (a Algorithm) signerOpts() crypto.SignerOpts {
	if a.PSS {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.Hash}
	}
	return a.Hash
}

// fixedWidth turns an ECDSA signature in DER into R and S of a fixed width one
// after the other (RFC 7518 §3.4).
func fixedWidth(der []byte, width int) []byte {
	var point struct{ R, S *big.Int }
	_ = Must(asn1.Unmarshal(der, &point))
	signature := make([]byte, 2*width)
	point.R.FillBytes(signature[:width])
	point.S.FillBytes(signature[width:])
	return signature
}

// Encode is base64url without padding (RFC 7515 §2).
func Encode[T ~string | ~[]byte](data T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(data))
}

// Decode panics if the segment is not what Encode makes.
func Decode(segment string) []byte {
	return Must(base64.RawURLEncoding.DecodeString(segment))
}

// Hash is the SHA-256 of a text, encoded.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return Encode(sum[:])
}

// OtherSignature is the second signature that ECDSA has for a text: that with -S
// for S. The key must be an ECDSA key.
func (k Key) OtherSignature(signature []byte) []byte {
	half := len(signature) / 2
	s := new(big.Int).SetBytes(signature[half:])
	s.Sub(AlgorithmNamed(k.Algorithm).curve.Params().N, s)
	return append(bytes.Clone(signature[:half]), s.FillBytes(make([]byte, half))...)
}
