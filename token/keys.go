package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/postern-go/postern/jwks"
)

// maxTries is how many keys one token may cost. Where an issuer gives keys no
// kid, or one kid to several, there is no telling which is meant.
const maxTries = 8

// indexed is a jwks.Static in which a key is found at once, however many there
// are.
type indexed struct {
	all  jwks.Static
	byID map[string][]jwks.Key
}

func index(keys jwks.Static) indexed {
	x := indexed{all: slices.Clone(keys), byID: map[string][]jwks.Key{}}
	for _, k := range keys {
		x.byID[k.ID] = append(x.byID[k.ID], k)
	}
	return x
}

func (x indexed) Keys(ctx context.Context, kid string) ([]jwks.Key, error) {
	if kid == "" {
		return x.all.Keys(ctx, kid)
	}
	if keys, ok := x.byID[kid]; ok {
		return keys, nil
	}
	return nil, jwks.ErrNotFound
}

// findKey finds the key that verifies the signature among the issuer's keys of
// that kid, or among those that fit if the token names none.
func (v *Verifier) findKey(ctx context.Context, sig *signed, alg *algorithm, kid string) (jwks.Key, error) {
	keys, err := v.keys.Keys(ctx, kid)
	switch {
	case errors.Is(err, jwks.ErrNotFound):
		return jwks.Key{}, unknownKey(kid, err)
	case err != nil:
		return jwks.Key{}, keysUnavailable(err)
	}
	tries := 0
	for _, key := range keys {
		if !alg.accepts(key) || !v.pins.allow(key, alg) {
			continue
		}
		if tries++; tries > maxTries {
			return jwks.Key{}, unknownKey(kid, errTooMany)
		}
		if alg.verify(key.Public, sig) {
			return key, v.pin(key, alg)
		}
	}
	switch {
	case tries > 0:
		return jwks.Key{}, errSignature
	case kid != "":
		return jwks.Key{}, &refusal{why: ErrAlgorithm, what: "header alg", seen: alg.name, want: "the algorithm of the key it names"}
	default:
		return jwks.Key{}, unknownKey(kid, errNoneFits)
	}
}

var (
	errSignature = &refusal{why: ErrSignature}
	errTooMany   = errors.New("none of the first eight keys that fit verifies it")
	errNoneFits  = errors.New("the token names no key and none fits its algorithm")
)

func unknownKey(kid string, cause error) error {
	return &refusal{why: ErrUnknownKey, what: "header kid", seen: kid, cause: cause}
}

// isPublished reports whether the key that verified a token may still do so.
func (v *Verifier) isPublished(e *entry, keys []jwks.Key) bool {
	for _, key := range keys {
		if e.alg.accepts(key) && sameKey(key.Public, e.key) && v.pins.allow(key, e.alg) {
			return true
		}
	}
	return false
}

// sameKey compares public keys, first by where they are, since a source hands
// out the same ones until they are loaded anew.
func sameKey(a, b crypto.PublicKey) bool {
	switch a := a.(type) {
	case *rsa.PublicKey:
		b, ok := b.(*rsa.PublicKey)
		return ok && (a == b || a.Equal(b))
	case *ecdsa.PublicKey:
		b, ok := b.(*ecdsa.PublicKey)
		return ok && (a == b || a.Equal(b))
	case ed25519.PublicKey:
		return a.Equal(b)
	default:
		return false
	}
}

func (v *Verifier) pin(key jwks.Key, alg *algorithm) error {
	if v.pins.pin(key, alg) {
		return nil
	}
	return &refusal{why: ErrAlgorithm, what: "header alg", seen: alg.name, want: "the algorithm the key has verified before"}
}

// pins remembers which algorithm each RSA key has verified, where the issuer
// does not say and more than one is allowed: one key, one algorithm (RFC 8725
// §3.1). It holds for as long as the key set is not loaded anew.
type pins struct {
	algorithms sync.Map // *rsa.PublicKey -> *algorithm
	count      atomic.Int32
}

// maxPins bounds the memory for sources that make keys anew at each call,
// whose pins are never met again.
const maxPins = 1024

// newPins returns nil if there is nothing to pin: no RSA key could be used
// with two of the algorithms.
func newPins(allowed []*algorithm) *pins {
	rsaAlgorithms := 0
	for _, a := range allowed {
		if a.family == pkcs1v15 || a.family == pss {
			rsaAlgorithms++
		}
	}
	if rsaAlgorithms < 2 {
		return nil
	}
	return &pins{}
}

// allow tells whether the key is free for the algorithm.
func (p *pins) allow(key jwks.Key, alg *algorithm) bool {
	pinnable, ok := p.pinnable(key)
	if !ok {
		return true
	}
	pinned, ok := p.algorithms.Load(pinnable)
	return !ok || pinned == alg
}

// pin ties the key, which has just verified a signature, to the algorithm. It
// reports false if another call tied it to another first.
func (p *pins) pin(key jwks.Key, alg *algorithm) bool {
	pinnable, ok := p.pinnable(key)
	if !ok {
		return true
	}
	pinned, met := p.algorithms.LoadOrStore(pinnable, alg)
	if !met && p.count.Add(1) > maxPins {
		p.algorithms.Clear()
		p.count.Store(0)
	}
	return pinned == alg
}

func (p *pins) pinnable(key jwks.Key) (*rsa.PublicKey, bool) {
	if p == nil || key.Algorithm != "" {
		return nil, false
	}
	k, ok := key.Public.(*rsa.PublicKey)
	return k, ok
}
