package bench

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-go/postern/token/tokentest"
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

// Issuer signs with one algorithm. Like an issuer that rotates its keys in
// good time, it publishes two: the one it signs with and the one to come.
type Issuer struct {
	Algorithm     string
	issuer        *tokentest.Issuer
	current, next crypto.Signer
}

// process stands in for a test: an issuer lives as long as the program.
type process struct{ testing.TB }

func (process) Helper()        {}
func (process) Cleanup(func()) {}

// NewIssuer makes an issuer with keys of its own.
func NewIssuer(algorithm string) *Issuer {
	i := tokentest.NewIssuer(process{}, &tokentest.Options{
		Identifier: IssuerURL, Audience: []string{Audience}, Algorithms: []string{algorithm}, Lifetime: 24 * time.Hour,
	})
	return &Issuer{Algorithm: algorithm, issuer: i, current: i.SigningKey().Private, next: i.Announce().Private}
}

// JWKS is the key set as the issuer publishes it.
func (i *Issuer) JWKS() []byte { return []byte(i.issuer.KeySet()) }

// KeySet is a JWK Set of n keys on P-256, whose ids are those of KeyID.
func KeySet(n int) []byte {
	keys := make([]string, n)
	for i := range keys {
		private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		keys[i] = tokentest.SigningKey{ID: KeyID(i), Algorithm: "ES256", Private: private}.JWK()
	}
	return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`)
}

// KeyID is the id of the i-th key of a KeySet.
func KeyID(i int) string { return fmt.Sprintf("2025-06-%04d", i) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Errorf("bench: %w", err))
	}
	return value
}
