package publickey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
)

// JWK is the key as a JSON object with the members that its thumbprint is made
// of, in their order (RFC 7638 §3.2) and in their one spelling (RFC 7518 §6.2,
// §6.3; RFC 8037 §2). It reports false for a key of another type and for numbers
// that are not a key. It does not judge whether the key is strong.
func JWK(key crypto.PublicKey) (string, bool) {
	text := base64.RawURLEncoding.EncodeToString
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k == nil || k.N == nil || k.N.Sign() <= 0 || k.E <= 0 {
			return "", false
		}
		return fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, text(big.NewInt(int64(k.E)).Bytes()), text(k.N.Bytes())), true
	case *ecdsa.PublicKey:
		if k == nil || k.Curve == nil || k.X == nil || k.Y == nil {
			return "", false
		}
		point, err := k.Bytes() // 4, x, y: coordinates of full length
		if err != nil {
			return "", false
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		return fmt.Sprintf(`{"crv":"%s","kty":"EC","x":"%s","y":"%s"}`, k.Params().Name, text(x), text(y)), true
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, text(k)), len(k) == ed25519.PublicKeySize
	default:
		return "", false
	}
}
