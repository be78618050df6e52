package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"math/big"
	"slices"
)

// CheckKey tells why a key is not fit to verify signatures, by the rules that
// ParseSet has for the keys of a set: a public RSA key of 2048 to 8192 bits
// with an exponent of at most 65537 and a modulus without known weakness, an EC
// key on P-256, P-384 or P-521, or an Ed25519 key that is not a point of small
// order, and an Algorithm, if there is one, that such a key can verify
// (RFC 7518 §3, RFC 8037 §3.1). Use it for keys that do not come from ParseSet
// or a Remote. CheckKey returns nil for a key that is fit.
//
// The error matches one of the ErrKey values. It takes some 20 microseconds,
// blocks on nothing, and may be called concurrently.
func CheckKey(k Key) error {
	algorithms, err := checkPublic(k.Public)
	if err != nil {
		return err
	}
	if k.Algorithm != "" && !slices.Contains(algorithms, k.Algorithm) {
		return fmt.Errorf("%w: alg is \"%s\", want one of %q", ErrKeyAlgorithm, nameOf(k.Algorithm), algorithms)
	}
	return nil
}

// checkPublic returns the algorithms that the key can verify.
func checkPublic(key crypto.PublicKey) ([]string, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return rsaAlgorithms, checkRSA(k)
	case *ecdsa.PublicKey:
		return checkEC(k)
	case ed25519.PublicKey:
		return algorithmsOf["OKP Ed25519"], checkEd25519(k)
	case []byte:
		return nil, ErrKeySymmetric
	case crypto.Signer:
		return nil, fmt.Errorf("%w: it is a %T, want its public key", ErrKeyPrivate, key)
	default:
		return nil, fmt.Errorf("%w: it is a %T, want *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey", ErrKeyUnsupported, key)
	}
}

func checkRSA(k *rsa.PublicKey) error {
	if k == nil || k.N == nil || k.N.Sign() <= 0 {
		return fmt.Errorf("%w: no modulus", ErrKeyMalformed)
	}
	if why := weakRSA(k.N, big.NewInt(int64(k.E))); why != "" {
		return fmt.Errorf("%w: %s", ErrKeyWeak, why)
	}
	return nil
}

func checkEC(k *ecdsa.PublicKey) ([]string, error) {
	if k == nil || k.Curve == nil || k.X == nil || k.Y == nil {
		return nil, fmt.Errorf("%w: no point", ErrKeyMalformed)
	}
	algorithms, ok := algorithmsOf["EC "+k.Curve.Params().Name]
	if !ok {
		return nil, fmt.Errorf("%w: curve \"%s\", want P-256, P-384 or P-521", ErrKeyUnsupported, nameOf(k.Curve.Params().Name))
	}
	if _, err := k.ECDH(); err != nil {
		return nil, fmt.Errorf("%w: the point is not on its curve", ErrKeyMalformed)
	}
	return algorithms, nil
}

func checkEd25519(k ed25519.PublicKey) error {
	if len(k) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: it has %d bytes, want %d", ErrKeyMalformed, len(k), ed25519.PublicKeySize)
	}
	if smallOrder([ed25519.PublicKeySize]byte(k)) {
		return fmt.Errorf("%w: a point of small order", ErrKeyWeak)
	}
	return nil
}
