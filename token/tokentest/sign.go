package tokentest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"encoding/asn1"
	"encoding/base64"
	"math/big"
)

// sign makes the signature of a JWS (RFC 7515 §5.1) with the standard library
// alone. A JOSE library would refuse the header parameters, algorithms and
// payloads that this package is there to sign.
func (k SigningKey) sign(input []byte) []byte {
	a := algorithmNamed(k.Algorithm)
	signature := must(k.Private.Sign(rand.Reader, a.digest(input), a.signerOpts()))
	if public, ok := k.Private.Public().(*ecdsa.PublicKey); ok {
		return fixedWidth(signature, (public.Curve.Params().BitSize+7)/8)
	}
	return signature
}

func (a algorithm) digest(input []byte) []byte {
	if a.hash == 0 {
		return input
	}
	h := a.hash.New()
	h.Write(input)
	return h.Sum(nil)
}

func (a algorithm) signerOpts() crypto.SignerOpts {
	if a.pss {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	}
	return a.hash
}

// fixedWidth turns an ECDSA signature in DER into R and S of a fixed width one
// after the other (RFC 7518 §3.4).
func fixedWidth(der []byte, width int) []byte {
	var point struct{ R, S *big.Int }
	_ = must(asn1.Unmarshal(der, &point))
	signature := make([]byte, 2*width)
	point.R.FillBytes(signature[:width])
	point.S.FillBytes(signature[width:])
	return signature
}

func encode[T ~string | ~[]byte](data T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(data))
}

func decode(segment string) []byte {
	return must(base64.RawURLEncoding.DecodeString(segment))
}
