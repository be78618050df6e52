package mint

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Key is a key that signs tokens, as the test kit shows it to its users.
type Key struct {
	ID        string
	Algorithm string
	Private   crypto.Signer
}

// NewKey makes a key. It panics if the algorithm is unknown.
func NewKey(tb testing.TB, algorithm, id string) Key {
	return Key{ID: id, Algorithm: algorithm, Private: newPrivateKey(tb, algorithm)}
}

// JWK is the public half of the key (RFC 7517). It panics if the key is not of
// a kind that signs tokens.
func (k Key) JWK() string {
	return k.text(jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig"})
}

// BareJWK is the public half without id, algorithm and use.
func (k Key) BareJWK() string { return k.text(jose.JSONWebKey{Key: k.Private.Public()}) }

// PrivateJWK is the private half.
func (k Key) PrivateJWK() string { return k.text(jose.JSONWebKey{Key: k.Private}) }

func (k Key) text(jwk jose.JSONWebKey) string {
	text, err := jwk.MarshalJSON()
	if err != nil {
		panic(fmt.Errorf("tokentest: key %q: %w", k.ID, err))
	}
	return string(text)
}

// Thumbprint names the key (RFC 7638).
func (k Key) Thumbprint() string {
	jwk := jose.JSONWebKey{Key: k.Private.Public()}
	return Encode(Must(jwk.Thumbprint(crypto.SHA256)))
}

// newPrivateKey makes a key pair that is the test's alone while it runs. It
// panics if the algorithm is unknown.
func newPrivateKey(tb testing.TB, algorithm string) crypto.Signer {
	a := AlgorithmNamed(algorithm)
	switch {
	case a.curve != nil:
		return Must(ecdsa.GenerateKey(a.curve, rand.Reader))
	case a.Hash == 0:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return Must(private, err)
	default:
		return rsaKeys.lease(tb)
	}
}

// rsaKeys are shared by the tests of a process, since RSA keys are slow to
// make. Each test has its keys to itself while it runs, so that no two issuers
// accept each other's tokens.
var rsaKeys keyPool

type keyPool struct {
	mu   sync.Mutex
	idle []*rsa.PrivateKey
}

func (p *keyPool) lease(tb testing.TB) *rsa.PrivateKey {
	key := p.take()
	if key == nil {
		key = Must(rsa.GenerateKey(rand.Reader, 2048))
	}
	tb.Cleanup(func() { p.giveBack(key) })
	return key
}

func (p *keyPool) take() *rsa.PrivateKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	key := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return key
}

func (p *keyPool) giveBack(key *rsa.PrivateKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, key)
}

// Algorithm is how a JWS algorithm signs (RFC 7518 §3.1, RFC 9864 §2.2).
type Algorithm struct {
	Hash  crypto.Hash    // 0: the message itself is signed
	curve elliptic.Curve // of ECDSA
	PSS   bool
}

var algorithms = map[string]Algorithm{
	"RS256":   {Hash: crypto.SHA256},
	"RS384":   {Hash: crypto.SHA384},
	"RS512":   {Hash: crypto.SHA512},
	"PS256":   {Hash: crypto.SHA256, PSS: true},
	"PS384":   {Hash: crypto.SHA384, PSS: true},
	"PS512":   {Hash: crypto.SHA512, PSS: true},
	"ES256":   {Hash: crypto.SHA256, curve: elliptic.P256()},
	"ES384":   {Hash: crypto.SHA384, curve: elliptic.P384()},
	"ES512":   {Hash: crypto.SHA512, curve: elliptic.P521()},
	"EdDSA":   {},
	"Ed25519": {},
}

// AlgorithmNamed panics if the algorithm is unknown.
func AlgorithmNamed(name string) Algorithm {
	a, ok := algorithms[name]
	if !ok {
		panic(fmt.Errorf("tokentest: no algorithm %q", name))
	}
	return a
}

// Must is for what fails only if the test itself is wrong.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Errorf("tokentest: %w", err))
	}
	return value
}
