// Package signing signs what this service says of itself: documents, and assertions
// about who it is.
package signing

import (
	"crypto"
	"errors"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"

	"github.com/postern-go/postern/internal/printable"
)

// Key signs.
type Key struct {
	Signer    crypto.Signer
	ID        string // the kid of the signature, or "" for none
	Algorithm string
}

// Check reports why the key cannot sign, without a signature.
func (k Key) Check() error {
	switch {
	case !printable.Is(k.ID):
		return errors.New("its ID is not printable ASCII")
	case !slices.Contains(cryptosigner.Opaque(k.Signer).Algs(), jose.SignatureAlgorithm(k.Algorithm)):
		return errors.New("its Algorithm is " + printable.Value(k.Algorithm) + ", which does not fit the key")
	}
	return nil
}

// Sign signs claims as a JWT with this typ. It blocks as long as the Signer does.
func (k Key) Sign(typ string, claims []byte) (string, error) {
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	if k.ID != "" {
		options = options.WithHeader("kid", k.ID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: cryptosigner.Opaque(k.Signer)}, options)
	if err != nil {
		return "", err
	}
	object, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return object.CompactSerialize()
}
