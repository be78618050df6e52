package jws

import (
	"crypto/sha256"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/internal/zerocopy"
	"github.com/postern-go/postern/jwks"
)

// SelfVerifier verifies signed objects that bring along the key that verifies
// them, as a proof of possession does (RFC 9449 §4.2). Such an object proves that
// its sender holds the key, and nothing else: the caller must compare the key with
// the one it expects. It is safe for concurrent use.
type SelfVerifier struct {
	rules *Verifier
	known knownKeys
}

// NewSelfVerifier makes a SelfVerifier. Of the Settings it uses Algorithms, Types
// and Names.
func NewSelfVerifier(s Settings) *SelfVerifier {
	return &SelfVerifier{rules: New(Settings{Algorithms: s.Algorithms, Types: s.Types, Names: s.Names})}
}

// SelfSigned is an object that a SelfVerifier has verified.
type SelfSigned struct {
	Payload string
	// Thumbprint is that of the key (RFC 7638).
	Thumbprint string

	id    [sha256.Size]byte // of the text of the key
	key   jwks.Key
	known bool
}

// Remember keeps the key of an object at hand for the next one. Call it once the key
// has turned out to be the one that was expected.
func (v *SelfVerifier) Remember(s *SelfSigned) {
	if !s.known {
		v.known.put(s.id, parsedKey{s.key, s.Thumbprint})
	}
}

// Verify reads raw and checks its header, its key and its signature, in this
// order. The key must be public and fit for its algorithm. kid, x5c and addresses
// of keys do not matter. Check the size of raw before.
func (v *SelfVerifier) Verify(raw string) (SelfSigned, error) {
	var buf Scratch
	compact, signed, err := Split(raw, &buf)
	if err != nil {
		return SelfSigned{}, err
	}
	h, jwk, err := readSelfHeader(compact.Header)
	if err != nil {
		return SelfSigned{}, err
	}
	alg, err := v.checkHeader(&h)
	if err != nil {
		return SelfSigned{}, err
	}
	id := keyID(jwk.Raw)
	key, known := v.known.get(id)
	if !known {
		if key, err = parse(jwk); err != nil {
			return SelfSigned{}, err
		}
	}
	if !alg.fits(key.Public) || key.Algorithm != "" && !sameAlgorithm(key.Algorithm, alg.name) {
		return SelfSigned{}, &rejection.Error{Reason: rejection.Algorithm, Claim: "header alg", Got: alg.name, Want: "an algorithm that fits the key in jwk"}
	}
	if !alg.verify(key.Public, &signed) {
		return SelfSigned{}, errSignature
	}
	return SelfSigned{compact.Payload, key.thumbprint, id, key.Key, known}, nil
}

// readSelfHeader is ReadHeader, and the member jwk.
func readSelfHeader(text string) (h Header, jwk strict.Value, err error) {
	err = strict.Members(text, func(name string, v strict.Value) {
		if name == "jwk" {
			jwk = v
			return
		}
		h.member(name, v)
	})
	if err != nil {
		return Header{}, strict.Value{}, badHeader(err)
	}
	return h, jwk, nil
}

func (v *SelfVerifier) checkHeader(h *Header) (*algorithm, error) {
	var p Params
	if err := v.rules.checkType(h, &p); err != nil {
		return nil, err
	}
	if err := v.rules.checkAlgorithm(h, &p); err != nil {
		return nil, err
	}
	if err := h.checkCritical(); err != nil {
		return nil, err
	}
	return p.alg, h.checkContent()
}

// parse is the key of a header, if it is fit to verify. What is wrong with it is told
// without its value, which may be a private key.
func parse(jwk strict.Value) (parsedKey, error) {
	switch jwk.Kind {
	case strict.Object:
	case strict.Absent:
		return parsedKey{}, errNoKey
	default:
		return parsedKey{}, &rejection.Error{Reason: rejection.UnknownKey, Claim: "header jwk", Got: jwk.Kind.String(), Want: "a public key"}
	}
	key, err := jwks.ParseKey(zerocopy.Bytes(jwk.Raw))
	if err != nil {
		return parsedKey{}, badKey(err)
	}
	thumbprint, err := key.Thumbprint()
	if err != nil {
		return parsedKey{}, badKey(err)
	}
	// Nothing else of the text, which may be long, is kept for as long as the key.
	return parsedKey{jwks.Key{Algorithm: strings.Clone(key.Algorithm), Public: key.Public}, thumbprint}, nil
}

var errNoKey = &rejection.Error{Reason: rejection.UnknownKey, Claim: "header jwk", Want: "the public key of the signature"}

func badKey(cause error) error {
	return &rejection.Error{Reason: rejection.UnknownKey, Claim: "header jwk", Got: "unfit", Want: "a public key that is fit to verify", Cause: cause}
}
