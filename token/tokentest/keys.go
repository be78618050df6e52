package tokentest

import (
	"crypto"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// SigningKey is a key that signs tokens. An Issuer makes its own; make one
// yourself to sign with a key of another size or from elsewhere.
type SigningKey struct {
	// ID is the kid of the key in tokens, or "" for none.
	ID string
	// Algorithm is the signature algorithm of the key, such as "ES256".
	Algorithm string
	// Private is an *rsa.PrivateKey, an *ecdsa.PrivateKey, an
	// ed25519.PrivateKey, or another signer with such a public key.
	Private crypto.Signer
}

// JWK is the public half of the key as an issuer publishes it (RFC 7517). It
// panics if the key is not of a kind that signs tokens.
func (k SigningKey) JWK() string { return mint.Key(k).JWK() }

// Thumbprint names the public half of the key (RFC 7638). It panics as JWK does.
func (k SigningKey) Thumbprint() string { return mint.Key(k).Thumbprint() }

// ForeignKey makes a key that the issuer does not publish, under an id of your
// choice, such as that of a key it does publish.
func (i *Issuer) ForeignKey(algorithm, id string) SigningKey {
	return SigningKey(mint.NewKey(i.tb, algorithm, id))
}
