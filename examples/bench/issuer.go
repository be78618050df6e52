package bench

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Whose tokens are verified, and what they are for.
const (
	IssuerURL = "https://login.example.com"
	Audience  = "https://orders.example.com"
	// Scope is what the calls need.
	Scope = "orders:read"
)

// Algorithms are what issuers sign with.
var Algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}

const (
	currentKey = "2025-06-a"
	nextKey    = "2025-06-b"
)

// Issuer signs with one algorithm. Like an issuer that rotates its keys in
// good time, it publishes two: the one it signs with and the one to come.
type Issuer struct {
	Algorithm     string
	current, next crypto.Signer
}

// NewIssuer makes an issuer with keys of its own.
func NewIssuer(algorithm string) *Issuer {
	return &Issuer{Algorithm: algorithm, current: newKey(algorithm), next: newKey(algorithm)}
}

func newKey(algorithm string) crypto.Signer {
	switch algorithm {
	case "RS256", "PS256":
		return must(rsa.GenerateKey(rand.Reader, 2048))
	case "ES256":
		return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	case "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return must(key, err)
	default:
		panic("no such algorithm: " + algorithm)
	}
}

// JWKS is the key set as the issuer publishes it.
func (i *Issuer) JWKS() []byte {
	return must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		i.jwk(currentKey, i.current), i.jwk(nextKey, i.next),
	}}))
}

func (i *Issuer) jwk(id string, key crypto.Signer) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: id, Algorithm: i.Algorithm, Use: "sig"}
}

// KeySet is a JWK Set of n keys on P-256, whose ids are those of KeyID.
func KeySet(n int) []byte {
	var set jose.JSONWebKeySet
	for i := range n {
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: newKey("ES256").Public(), KeyID: KeyID(i), Algorithm: "ES256", Use: "sig",
		})
	}
	return must(json.Marshal(set))
}

// KeyID is the id of the i-th key of a KeySet.
func KeyID(i int) string { return fmt.Sprintf("2025-06-%04d", i) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Errorf("bench: %w", err))
	}
	return value
}
