package jwks

import (
	"context"
	"crypto"
	"errors"
	"slices"
)

// The errors of a Source that has no key to give. A caller must not treat
// ErrUnavailable as a verdict on the token.
var (
	// ErrNotFound means that the issuer publishes no usable key of that id.
	ErrNotFound = errors.New("jwks: no such key")
	// ErrUnavailable means that the answer is unknown now: no trusted key set
	// is held, and none could be fetched.
	ErrUnavailable = errors.New("jwks: keys unavailable")
)

// ErrConfig matches every error of a constructor of this module that was given
// settings it cannot work with. Such an error is for the person who starts the
// process, and never the fault of a caller.
var ErrConfig = errors.New("invalid configuration")

// Key is one public key that may verify signatures.
type Key struct {
	// ID is the key's kid (RFC 7517 §4.5), or "" if the issuer gives it none.
	ID string
	// Algorithm is the only signature algorithm this key may verify (RFC 7517
	// §4.4), or "" if the issuer does not restrict it.
	Algorithm string
	// Public is an *rsa.PublicKey, an *ecdsa.PublicKey or an ed25519.PublicKey.
	Public crypto.PublicKey
	// Issuer is the JWK's member of that name, or "" if there is none: the one
	// issuer that signs with this key, in a set that several issuers share. It
	// may be a template such as "https://login.example.com/{tenant}/v2.0". The
	// member is not of RFC 7517; Entra ID publishes it. If it is not a string of
	// 1 to 1024 printable characters, Issuer is "?", which is no issuer.
	//
	// A Source does nothing with it, and neither does the Verifier of a single
	// issuer, whose Source has no other keys. A token.Template heeds it.
	Issuer string
}

// Source supplies an issuer's current keys. Its method may be called
// concurrently, and the slices it returns must not be modified by anyone.
type Source interface {
	// Keys returns the keys published under kid, or every key if kid is empty.
	// If none of the issuer's keys has an ID, the answer for any kid is every
	// key: the kid of the token names nothing then. It may block while keys are
	// fetched, and returns early with an error that matches ErrUnavailable when
	// ctx ends.
	//
	// Every error matches ErrNotFound or ErrUnavailable; an error that matches
	// neither is taken for ErrUnavailable. One that is not ErrNotFound may have a
	// method RetryAfter() time.Duration, which errors.As finds: how long to wait
	// before the same call is worth making again, at least a second. Callers may
	// be told.
	Keys(ctx context.Context, kid string) ([]Key, error)
}

// Static is a Source of keys that never change, such as those read from a
// file when the process starts. The zero value holds no key. It never blocks.
// See CheckKey for what its keys must be.
type Static []Key

// Keys returns the keys with that kid, or all keys if kid is empty or none of
// them has an ID. It never blocks; ctx is not used. The error is ErrNotFound.
func (s Static) Keys(_ context.Context, kid string) ([]Key, error) {
	if len(s) > 0 && (kid == "" || s.unnamed()) {
		return s, nil
	}
	found := s.named(kid)
	if len(found) == 0 {
		return nil, ErrNotFound
	}
	return found, nil
}

func (s Static) named(kid string) []Key {
	var found []Key
	for i, k := range s {
		switch {
		case k.ID != kid:
		case found == nil:
			found = s[i : i+1 : i+1] // the usual case costs no memory
		default:
			found = append(found, k)
		}
	}
	return found
}

func (s Static) unnamed() bool {
	return !slices.ContainsFunc(s, func(k Key) bool { return k.ID != "" })
}
