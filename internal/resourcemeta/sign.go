package resourcemeta

import (
	"crypto"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"

	"github.com/postern-go/postern/internal/printable"
)

// Key signs documents.
type Key struct {
	Signer    crypto.Signer
	ID        string // the kid of the signature
	Algorithm string
}

// Check reports why the key cannot sign, without a signature.
func (k Key) Check() error {
	switch {
	case k.ID == "" || !printable.Is(k.ID):
		return errors.New("its ID is empty or not printable ASCII")
	case !slices.Contains(cryptosigner.Opaque(k.Signer).Algs(), jose.SignatureAlgorithm(k.Algorithm)):
		return errors.New("its Algorithm is " + printable.Value(k.Algorithm) + ", which does not fit the key")
	}
	return nil
}

// Sign adds signed_metadata to the document: the other members as claims, with
// iss, the party that vouches for them (RFC 9728 §2.2). It blocks as long as the
// Signer does.
func (d Document) Sign(k Key, issuer string, now time.Time) error {
	claims := maps.Clone(d)
	claims["iss"], claims["iat"] = issuer, now.Unix()
	payload, err := marshal(claims)
	if err != nil {
		return err
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", k.ID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: cryptosigner.Opaque(k.Signer)}, options)
	if err != nil {
		return err
	}
	object, err := signer.Sign(payload)
	if err != nil {
		return err
	}
	d[signed], err = object.CompactSerialize()
	return err
}
