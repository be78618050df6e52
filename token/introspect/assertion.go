package introspect

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/signing"
	"github.com/postern-go/postern/jwks"
)

// assertionLifetime is for how long an assertion is good. It is used at once.
const assertionLifetime = time.Minute

func (k PrivateKey) check() error {
	switch {
	case k.ClientID == "":
		return errors.New("the client id is empty")
	case nilcheck.Is(k.Key):
		return errors.New("the key is nil")
	}
	if err := jwks.CheckKey(jwks.Key{Public: k.Key.Public()}); err != nil {
		return fmt.Errorf("the key verifies nothing: %w", err)
	}
	return k.signing().Check()
}

func (k PrivateKey) signing() signing.Key {
	algorithm := k.Algorithm
	if algorithm == "" {
		algorithm = algorithmOf(k.Key.Public())
	}
	return signing.Key{Signer: k.Key, ID: k.KeyID, Algorithm: algorithm}
}

// algorithmOf is the algorithm of a key that jwks.CheckKey has passed.
func algorithmOf(public crypto.PublicKey) string {
	switch key := public.(type) {
	case ed25519.PublicKey:
		return "EdDSA"
	case *ecdsa.PublicKey:
		return map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[key.Params().BitSize]
	default:
		return "PS256"
	}
}

// assertion is a new one (RFC 7523 §3). Its aud is one string: an array would be good at
// every server in it. Encoding strings and numbers cannot fail.
func (k PrivateKey) assertion(audience string, now time.Time) (string, error) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	claims, _ := json.Marshal(map[string]any{
		"iss": k.ClientID, "sub": k.ClientID, "aud": audience,
		"jti": base64.RawURLEncoding.EncodeToString(id[:]),
		"iat": now.Unix(), "exp": now.Add(assertionLifetime).Unix(),
	})
	return k.signing().Sign("JWT", claims)
}
