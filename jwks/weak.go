package jwks

import (
	"crypto"
	"encoding/hex"
	"fmt"
	"math/big"
)

// What an RSA key must be (RFC 7518 §3.3). The upper bounds keep the cost of
// one verification small. Nearly all issuers use the exponent 65537, and none a
// larger one.
const (
	minRSABits     = 2048
	maxRSABits     = 8192
	minRSAExponent = 3
	maxRSAExponent = 1<<16 + 1
)

func (k *jwk) rsa() (crypto.PublicKey, error) {
	modulus, err := k.decode("n")
	if err != nil || len(modulus) == 0 {
		return nil, ErrKeyMalformed
	}
	exponent, err := k.decode("e")
	if err != nil || len(exponent) == 0 {
		return nil, ErrKeyMalformed
	}
	if weakRSA(new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)) != "" {
		return nil, ErrKeyWeak
	}
	return k.jose(`{"kty":"RSA","n":%q,"e":%q}`, k.material["n"], k.material["e"])
}

// weakRSA says why the key is weak, or returns "".
func weakRSA(n, e *big.Int) string {
	switch bits := n.BitLen(); {
	case bits < minRSABits || bits > maxRSABits:
		return fmt.Sprintf("the modulus has %d bits, want %d to %d", bits, minRSABits, maxRSABits)
	case !e.IsInt64() || e.Int64() < minRSAExponent || e.Int64() > maxRSAExponent || e.Bit(0) == 0: // an even one is never coprime to p-1
		return fmt.Sprintf("the exponent has %d bits, want an odd number from %d to %d", e.BitLen(), minRSAExponent, maxRSAExponent)
	}
	logs, ok := smallLogs(n)
	switch {
	case !ok:
		return "a small prime divides the modulus"
	case roca(logs):
		return "the modulus was made by a library whose keys can be factored (CVE-2017-15361)"
	}
	return ""
}

// smallPrimes have as their product the M of the moduli that Infineon's RSALib
// made (CVE-2017-15361, "ROCA"), for every length of key.
var smallPrimes = [...]uint64{
	2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
	89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// residueLog is the discrete logarithm of a residue to the base 65537 modulo a
// small prime, and the order of 65537 there. found is false if no logarithm
// exists.
type residueLog struct {
	log, order uint64
	found      bool
}

// smallLogs computes the logarithm of n modulo each small prime. ok is false
// if one of them divides n, which then is not a product of two large primes.
func smallLogs(n *big.Int) (logs []residueLog, ok bool) {
	var modulus, rest big.Int
	for _, p := range smallPrimes {
		residue := rest.Mod(n, modulus.SetUint64(p)).Uint64()
		if residue == 0 {
			return nil, false
		}
		logs = append(logs, logModulo(residue, p))
	}
	return logs, true
}

func logModulo(residue, p uint64) residueLog {
	var l residueLog
	for power := uint64(1); ; {
		if power == residue {
			l.log, l.found = l.order, true
		}
		power = power * 65537 % p
		l.order++
		if power == 1%p {
			return l
		}
	}
}

// roca reports whether n is a power of 65537 modulo the product of the small
// primes: RSALib's primes are such powers, so its moduli are, and can be
// factored. One exponent has to fit all primes, which by the Chinese remainder
// theorem it does if the exponents agree in pairs. An honest modulus passes for
// one of them with a probability of about 2^-154.
func roca(logs []residueLog) bool {
	for i, a := range logs {
		if !a.found {
			return false
		}
		for _, b := range logs[:i] {
			if common := gcd(a.order, b.order); a.log%common != b.log%common {
				return false
			}
		}
	}
	return true
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// smallOrder reports whether an Ed25519 public key is one of the points under
// which anyone can make signatures that verify, in any of their spellings.
func smallOrder(x [32]byte) bool {
	x[31] &= 0x7f // the sign bit of the other coordinate
	return smallOrderPoints[x]
}

var smallOrderPoints = func() map[[32]byte]bool {
	points := map[[32]byte]bool{}
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		b, err := hex.DecodeString(y)
		if err != nil {
			panic(err) // a literal above is mistyped
		}
		points[[32]byte(b)] = true
	}
	return points
}()
