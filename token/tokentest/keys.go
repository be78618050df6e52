package tokentest

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

// SigningKey is a key that signs tokens. An Issuer makes its own; make one
// yourself to sign with a key of another size or from elsewhere.
type SigningKey struct {
	// ID is the kid that tokens name the key by, or "" for none.
	ID string
	// Algorithm is what the key signs with, such as "ES256".
	Algorithm string
	// Private is an *rsa.PrivateKey, an *ecdsa.PrivateKey, an
	// ed25519.PrivateKey, or another signer with such a public key.
	Private crypto.Signer
}

// JWK is the public half of the key as an issuer publishes it (RFC 7517). It
// panics if the key is not of a kind that signs tokens.
func (k SigningKey) JWK() string {
	jwk := jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig"}
	text, err := jwk.MarshalJSON()
	if err != nil {
		panic(fmt.Errorf("tokentest: key %q: %w", k.ID, err))
	}
	return string(text)
}

// ForeignKey makes a key that the issuer does not publish, under an id of your
// choice, such as that of a key it does publish.
func (i *Issuer) ForeignKey(algorithm, id string) SigningKey {
	return SigningKey{ID: id, Algorithm: algorithm, Private: newPrivateKey(i.tb, algorithm)}
}

// newPrivateKey makes a key pair that nobody else has while the test runs. It
// panics if there is no such algorithm.
func newPrivateKey(tb testing.TB, algorithm string) crypto.Signer {
	a := algorithmNamed(algorithm)
	switch {
	case a.curve != nil:
		return must(ecdsa.GenerateKey(a.curve, rand.Reader))
	case a.hash == 0:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return must(private, err)
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
		key = must(rsa.GenerateKey(rand.Reader, 2048))
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

// algorithm is how a JWS algorithm signs (RFC 7518 §3.1, RFC 9864 §2.2).
type algorithm struct {
	hash  crypto.Hash    // 0: the message itself is signed
	curve elliptic.Curve // of ECDSA
	pss   bool
}

var algorithms = map[string]algorithm{
	"RS256":   {hash: crypto.SHA256},
	"RS384":   {hash: crypto.SHA384},
	"RS512":   {hash: crypto.SHA512},
	"PS256":   {hash: crypto.SHA256, pss: true},
	"PS384":   {hash: crypto.SHA384, pss: true},
	"PS512":   {hash: crypto.SHA512, pss: true},
	"ES256":   {hash: crypto.SHA256, curve: elliptic.P256()},
	"ES384":   {hash: crypto.SHA384, curve: elliptic.P384()},
	"ES512":   {hash: crypto.SHA512, curve: elliptic.P521()},
	"EdDSA":   {},
	"Ed25519": {},
}

func algorithmNamed(name string) algorithm {
	a, ok := algorithms[name]
	if !ok {
		panic(fmt.Errorf("tokentest: no algorithm %q", name))
	}
	return a
}

// must is for what fails only if the test itself is wrong.
func must[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Errorf("tokentest: %w", err))
	}
	return value
}
