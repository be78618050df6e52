package token

import (
	"slices"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

const maxKeyIDSize = 256

// header is the part of a JOSE header (RFC 7515 §4.1) that decides something.
// Keys and addresses of keys in it (jwk, jku, x5c, x5u) are not even read:
// whoever sends the token would choose the key it is checked with.
type header struct {
	alg, typ, kid, cty, crit, b64 strict.Value
}

func readHeader(text string) (header, error) {
	var h header
	err := strict.Members(text, func(name string, v strict.Value) {
		switch name {
		case "alg":
			h.alg = v
		case "typ":
			h.typ = v
		case "kid":
			h.kid = v
		case "cty":
			h.cty = v
		case "crit":
			h.crit = v
		case "b64":
			h.b64 = v
		}
	})
	if err != nil {
		return header{}, &rejection.Error{Reason: ErrMalformed, Want: "a strict JSON object as header", Cause: err}
	}
	return h, nil
}

// algorithm is the one the header names, if it is among those allowed.
func (v *Verifier) algorithm(h *header) (*algorithm, error) {
	if name, ok := h.alg.Text(); ok {
		for _, a := range v.algorithms {
			if a.name == name {
				return a, nil
			}
		}
	}
	return nil, (&rejection.Error{Reason: ErrAlgorithm, Claim: "header alg", Want: v.want.algorithms, Setting: "Config.Algorithms"}).Saw(h.alg)
}

// checkCritical refuses every extension, since none is processed here
// (RFC 7515 §4.1.11). b64 is refused with or without crit: it changes what is
// signed, and has no place in a JWT (RFC 7797 §7).
func (h *header) checkCritical() error {
	switch {
	case h.crit.Kind != strict.Absent:
		return (&rejection.Error{Reason: ErrCritical, Claim: "header crit", Want: "no critical extension"}).Saw(h.crit)
	case h.b64.Kind != strict.Absent:
		return (&rejection.Error{Reason: ErrCritical, Claim: "header b64", Want: "no b64"}).Saw(h.b64)
	default:
		return nil
	}
}

// checkType refuses other kinds of token, which may be signed by the same
// issuer with the same key (RFC 8725 §3.11). It reports whether the kind is
// told by the type alone.
func (v *Verifier) checkType(h *header) (explicit bool, err error) {
	typ, ok := h.typ.Text()
	switch {
	case h.typ.Kind == strict.Absent && v.allowMissingType:
		return false, nil
	case ok && slices.Contains(v.types, mediaType(typ)):
		return mediaType(typ) == accessTokenType, nil
	default:
		return false, (&rejection.Error{Reason: ErrType, Claim: "header typ", Want: v.want.types, Setting: "Config.Profile.Types"}).Saw(h.typ)
	}
}

// checkContent refuses a token within the token, which would have claims of
// its own.
func (h *header) checkContent() error {
	if h.cty.Kind == strict.Absent {
		return nil
	}
	if cty, ok := h.cty.Text(); ok && mediaType(cty) != "jwt" {
		return nil
	}
	return (&rejection.Error{Reason: ErrMalformed, Claim: "header cty", Want: "claims, not another token"}).Saw(h.cty)
}

// keyID is the kid, or "" if there is none. An empty one names no key and counts
// as absent, as it does in a key set. It is hostile: it is compared and nothing
// else.
func (v *Verifier) keyID(h *header) (string, error) {
	kid, ok := h.kid.Text()
	absent := h.kid.Kind == strict.Absent || ok && kid == ""
	switch {
	case absent && v.requireKeyID:
		return "", &rejection.Error{Reason: ErrUnknownKey, Claim: "header kid", Got: h.kid.Raw, Want: "a kid", Setting: "Config.RequireKeyID"}
	case absent:
		return "", nil
	case !ok || len(kid) > maxKeyIDSize:
		return "", (&rejection.Error{Reason: ErrMalformed, Claim: "header kid", Want: "a string of at most 256 bytes"}).Saw(h.kid)
	default:
		return kid, nil
	}
}
