package resourcemeta

import (
	"errors"
	"maps"
	"time"

	"github.com/postern-go/postern/internal/signing"
)

// Key signs documents. Its ID is required.
type Key signing.Key

// Check reports why the key cannot sign, without a signature.
func (k Key) Check() error {
	if k.ID == "" {
		return errors.New("its ID is empty")
	}
	return signing.Key(k).Check()
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
	text, err := signing.Key(k).Sign("JWT", payload)
	if err != nil {
		return err
	}
	d[signed] = text
	return nil
}
