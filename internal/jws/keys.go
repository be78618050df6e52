package jws

import (
	"context"
	"crypto"
	"errors"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/publickey"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/jwks"
)

// reconsiderer is a Source that can look for keys again when those it gave do
// not verify: an issuer may replace a key and keep its kid. It answers with the
// keys it holds now if they differ from those seen. It must bound the requests
// to the issuer itself, since any garbage under a published kid gets here.
type reconsiderer interface {
	Reconsider(ctx context.Context, kid string, seen []jwks.Key) ([]jwks.Key, error)
}

// Signer is the key and the algorithm that signed an object.
type Signer struct {
	KeyID string
	alg   *algorithm
	key   crypto.PublicKey
}

// findKey finds the key that verifies the signature among the issuer's keys of
// that kid, or among those that fit if the token names none.
func (v *Verifier) findKey(ctx context.Context, s *Signed, p *Params) (jwks.Key, error) {
	keys, err := v.keys.Keys(ctx, p.KeyID)
	if err = noKeys(p.KeyID, err); err != nil {
		return jwks.Key{}, err
	}
	key, err := v.try(keys, s, p.alg, p.KeyID)
	if err == nil {
		return key, nil
	}
	if again := v.reconsider(ctx, p.KeyID, keys); len(again) > 0 {
		return v.try(again, s, p.alg, p.KeyID)
	}
	return jwks.Key{}, err
}

// reconsider returns the keys that replaced those seen, if any. A failure
// changes no verdict: keys are held, and the token does not verify.
func (v *Verifier) reconsider(ctx context.Context, kid string, seen []jwks.Key) []jwks.Key {
	source, ok := v.keys.(reconsiderer)
	if !ok {
		return nil
	}
	keys, err := source.Reconsider(ctx, kid, seen)
	if err != nil {
		return nil
	}
	return keys
}

// try tries the keys that fit, the first of them always, until the budget of
// one token is spent.
func (v *Verifier) try(keys []jwks.Key, s *Signed, alg *algorithm, kid string) (jwks.Key, error) {
	spent := 0
	for _, key := range keys {
		if !v.allows(alg, key) {
			continue
		}
		cost := costOf(key.Public)
		if spent > 0 && spent+cost > maxCost {
			return jwks.Key{}, unknownKey(kid, errTooCostly)
		}
		spent += cost
		if alg.verify(key.Public, s) {
			return key, nil
		}
	}
	if spent > 0 {
		return jwks.Key{}, errSignature
	}
	return jwks.Key{}, v.noneFits(keys, alg, kid)
}

// allows tells whether the key may verify the algorithm: it is of the right
// kind and on the right curve, and for this algorithm. One key verifies one
// algorithm (RFC 8725 §3.1, RFC 7517 §4.4). A key without alg is for the first
// of the configured algorithms that fits it. The token does not decide that, or
// else a refused token could lock out all others.
func (v *Verifier) allows(alg *algorithm, key jwks.Key) bool {
	if !alg.fits(key.Public) {
		return false
	}
	if key.Algorithm != "" {
		return sameAlgorithm(key.Algorithm, alg.name)
	}
	return v.firstLike(alg) == alg
}

// firstLike is the first of the configured algorithms that the keys of alg, one
// of them, fit. Keys of other kinds than RSA fit one algorithm only, which may
// have two names.
func (v *Verifier) firstLike(alg *algorithm) *algorithm {
	if !alg.isRSA() {
		return alg
	}
	for _, a := range v.algorithms {
		if a.isRSA() {
			return a
		}
	}
	return alg
}

// noneFits tells an operator why none of the keys was tried.
func (v *Verifier) noneFits(keys []jwks.Key, alg *algorithm, kid string) error {
	for _, key := range keys {
		switch {
		case !alg.fits(key.Public):
		case key.Algorithm != "":
			return &rejection.Error{Reason: rejection.Algorithm, Claim: "header alg", Got: alg.name, Want: printable.Value(key.Algorithm) + ", the alg of the key"}
		default:
			return &rejection.Error{Reason: rejection.Algorithm, Claim: "header alg", Got: alg.name, Want: v.firstLike(alg).name + ", the first of " + v.names.Algorithms + " that fits a key without alg", Setting: v.names.Algorithms}
		}
	}
	if kid == "" {
		return unknownKey(kid, errNoneFits)
	}
	for _, key := range keys {
		if err := jwks.CheckKey(key); err != nil {
			return unknownKey(kid, err)
		}
	}
	return &rejection.Error{Reason: rejection.Algorithm, Claim: "header alg", Got: alg.name, Want: "an algorithm that fits the key it names"}
}

var (
	errSignature = &rejection.Error{Reason: rejection.Signature}
	errTooCostly = errors.New("no key that was tried verifies it, and trying more that fit would cost too much")
	errNoneFits  = errors.New("the token names no key and none fits its algorithm")
)

// noKeys turns an error of a source into one about the token, or about the
// source. An error that matches both says nothing about the token.
func noKeys(kid string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jwks.ErrNotFound) && !errors.Is(err, jwks.ErrUnavailable):
		return unknownKey(kid, err)
	default:
		return keysUnavailable(err)
	}
}

func unknownKey(kid string, cause error) error {
	return &rejection.Error{Reason: rejection.UnknownKey, Claim: "header kid", Got: kid, Cause: cause}
}

func keysUnavailable(err error) error {
	return &rejection.Error{Reason: rejection.KeysUnavailable, Cause: err}
}

// Trusts reports whether the issuer still publishes the key of a signer that
// Verify has found, for its algorithm. It blocks while keys are fetched. The
// error is the one that Verify returns without keys: to ask once more could
// cost the issuer a second request for one call.
func (v *Verifier) Trusts(ctx context.Context, by *Signer) (bool, error) {
	keys, err := v.keys.Keys(ctx, by.KeyID)
	if err = noKeys(by.KeyID, err); err != nil {
		return false, err
	}
	for _, key := range keys {
		if v.allows(by.alg, key) && publickey.Equal(key.Public, by.key) {
			return true, nil
		}
	}
	return false, nil
}
