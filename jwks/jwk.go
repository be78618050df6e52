package jwks

import (
	"crypto"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

// maxKeyID is longer than any kid that fits into the header of a token.
const maxKeyID = 4096

// jwk is one element of a set, read strictly and not yet checked.
type jwk struct {
	id, kty, use, alg, crv string
	ops                    []string
	hasOps                 bool
	material               map[string]string // n, e, x, y: base64url as received
	private                bool
	malformed              bool
	unread                 string // the first malformed member, as an error shows it
	issuer                 string
}

// parseKey reads and checks one element of a set. With an error it returns a
// Key with the ID, if that could be read.
func parseKey(element string) (Key, error) {
	var k jwk
	if err := strict.Members(element, k.member); err != nil {
		k.malformed = true
	}
	if err := k.check(); err != nil {
		return Key{ID: k.id}, k.skipped(err)
	}
	public, err := k.public()
	if err != nil {
		return Key{ID: k.id}, k.skipped(err)
	}
	return Key{ID: k.id, Algorithm: k.alg, Public: public, Issuer: k.issuer}, nil
}

func (k *jwk) member(name string, v strict.Value) {
	if v.Kind == strict.Null {
		return
	}
	k.read(name, v)
	if k.malformed && k.unread == "" {
		k.unread = name + " is " + evidence.Value(v)
	}
}

func (k *jwk) read(name string, v strict.Value) {
	switch name {
	case "kid":
		k.keyID(v)
	case "kty":
		k.text(&k.kty, v)
	case "use":
		k.text(&k.use, v)
	case "alg":
		k.text(&k.alg, v)
	case "crv":
		k.text(&k.crv, v)
	case "key_ops":
		k.operations(v)
	case "n", "e", "x", "y":
		k.number(name, v)
	case "issuer":
		k.issuer = issuerOf(v)
	case "d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv":
		k.private = true
	}
}

// keyID reads kid. An empty one names no key and counts as absent.
func (k *jwk) keyID(v strict.Value) {
	if v.Raw != `""` {
		k.text(&k.id, v)
	}
}

// text reads a string member. An empty one is malformed rather than absent,
// because an absent use or alg restricts nothing.
func (k *jwk) text(field *string, v strict.Value) {
	s, ok := v.Text()
	if !ok || s == "" || len(s) > maxKeyID {
		k.malformed = true
		return
	}
	*field = s
}

// maxIssuer is longer than any issuer in use, and unreadableIssuer is not one.
const (
	maxIssuer        = 1024
	unreadableIssuer = "?"
)

// issuerOf reads the member issuer. One that cannot be read restricts the key to
// no issuer at all, since absence would open it to every one. It does not take
// the key from those who do not heed the member.
func issuerOf(v strict.Value) string {
	s, ok := v.Text()
	if !ok || s == "" || len(s) > maxIssuer || !printable.Is(s) {
		return unreadableIssuer
	}
	return s
}

// maxOperations is twice as many as there are (RFC 7517 §4.3). Comparing each of
// a hundred thousand with all before it would take a minute.
const maxOperations = 16

func (k *jwk) operations(v strict.Value) {
	k.hasOps = true
	isArray := v.Elements(func(e strict.Value) bool {
		op, ok := e.Text()
		if !ok || len(k.ops) == maxOperations || slices.Contains(k.ops, op) { // RFC 7517 §4.3: no repetition
			k.malformed = true
		}
		k.ops = append(k.ops, op)
		return !k.malformed
	})
	if !isArray {
		k.malformed = true
	}
}

func (k *jwk) number(name string, v strict.Value) {
	if k.material == nil {
		k.material = make(map[string]string, 2)
	}
	var s string
	k.text(&s, v)
	k.material[name] = s
}

// check refuses a key for its use, type or algorithm, before its numbers are read.
func (k *jwk) check() error {
	switch {
	case k.malformed || k.kty == "":
		return ErrKeyMalformed
	case k.kty == "oct":
		return ErrKeySymmetric
	case k.private:
		return ErrKeyPrivate
	case !k.verifies():
		return ErrKeyUse
	}
	algorithms, ok := algorithmsOf[k.kty+" "+k.crv]
	if k.kty == "RSA" {
		algorithms, ok = rsaAlgorithms, true
	}
	switch {
	case !ok:
		return ErrKeyUnsupported
	case k.alg != "" && !slices.Contains(algorithms, k.alg):
		return ErrKeyAlgorithm
	}
	return nil
}

// verifies reports whether use and key_ops, as far as present, allow verifying
// and agree (RFC 7517 §4.2, §4.3).
func (k *jwk) verifies() bool {
	if k.use != "" && k.use != "sig" {
		return false
	}
	if !k.hasOps {
		return true
	}
	if !slices.Contains(k.ops, "verify") {
		return false
	}
	contradicts := func(op string) bool { return op != "verify" && op != "sign" }
	return k.use == "" || !slices.ContainsFunc(k.ops, contradicts)
}

// One key, one family of algorithms (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864
// §2.2). A curve fixes the hash of its ECDSA.
var (
	rsaAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	algorithmsOf  = map[string][]string{
		"EC P-256":    {"ES256"},
		"EC P-384":    {"ES384"},
		"EC P-521":    {"ES512"},
		"OKP Ed25519": {"EdDSA", "Ed25519"},
	}
)

func (k *jwk) public() (crypto.PublicKey, error) {
	switch k.kty {
	case "RSA":
		return k.rsa()
	case "EC":
		return k.ec()
	default:
		return k.ed25519()
	}
}

// coordinateBytes is the length of each coordinate (RFC 7518 §6.2.1.2).
var coordinateBytes = map[string]int{"P-256": 32, "P-384": 48, "P-521": 66}

func (k *jwk) ec() (crypto.PublicKey, error) {
	for _, name := range []string{"x", "y"} {
		c, err := k.decode(name)
		if err != nil || len(c) != coordinateBytes[k.crv] {
			return nil, ErrKeyMalformed
		}
	}
	return k.jose(`{"kty":"EC","crv":%q,"x":%q,"y":%q}`, k.crv, k.material["x"], k.material["y"])
}

func (k *jwk) ed25519() (crypto.PublicKey, error) {
	x, err := k.decode("x")
	if err != nil || len(x) != 32 {
		return nil, ErrKeyMalformed
	}
	if smallOrder([32]byte(x)) {
		return nil, ErrKeyWeak
	}
	return k.jose(`{"kty":"OKP","crv":"Ed25519","x":%q}`, k.material["x"])
}

func (k *jwk) decode(name string) ([]byte, error) {
	s := k.material[name]
	return strict.AppendBase64URL(make([]byte, 0, strict.DecodedLen(len(s))), s)
}

// jose lets go-jose make the key out of its public numbers and nothing else:
// go-jose refuses a good key for a bad x5c beside it.
func (k *jwk) jose(format string, members ...any) (crypto.PublicKey, error) {
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(fmt.Appendf(nil, format, members...)); err != nil {
		return nil, ErrKeyMalformed
	}
	if !key.Valid() || !key.IsPublic() {
		return nil, ErrKeyMalformed
	}
	return key.Key, nil
}
