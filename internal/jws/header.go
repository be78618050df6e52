package jws

import (
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

const maxKeyIDSize = 256

// Header is the part of a JOSE header (RFC 7515 §4.1) that decides something.
// Keys and addresses of keys in it (jwk, jku, x5c, x5u) are not even read: the
// sender of the token would choose the key it is checked with. See SelfVerifier
// for objects that are to bring their key along.
type Header struct {
	alg, typ, kid, cty, crit, b64 strict.Value
}

// ReadHeader reads the header of a Compact.
func ReadHeader(text string) (Header, error) {
	var h Header
	if err := strict.Members(text, h.member); err != nil {
		return Header{}, badHeader(err)
	}
	return h, nil
}

func (h *Header) member(name string, v strict.Value) {
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
}

func badHeader(cause error) error {
	return &rejection.Error{Reason: rejection.Malformed, Want: "a strict JSON object as header", Cause: cause}
}

// checkAlgorithm finds alg among the algorithms that are allowed.
func (v *Verifier) checkAlgorithm(h *Header, p *Params) error {
	if name, ok := h.alg.Text(); ok {
		for _, a := range v.algorithms {
			if a.name == name {
				p.alg = a
				return nil
			}
		}
	}
	return (&rejection.Error{Reason: rejection.Algorithm, Claim: "header alg", Want: v.wantedAlgorithms, Setting: v.names.Algorithms}).Saw(h.alg)
}

// checkCritical refuses every extension, since none is processed here (RFC 7515
// §4.1.11). b64 is refused with or without crit: it changes the signing input,
// and has no place in a JWT (RFC 7797 §7).
func (h *Header) checkCritical() error {
	switch {
	case h.crit.Kind != strict.Absent:
		return (&rejection.Error{Reason: rejection.Critical, Claim: "header crit", Want: "no critical extension"}).Saw(h.crit)
	case h.b64.Kind != strict.Absent:
		return (&rejection.Error{Reason: rejection.Critical, Claim: "header b64", Want: "no b64"}).Saw(h.b64)
	default:
		return nil
	}
}

// checkType refuses other kinds of token, which may be signed by the same
// issuer with the same key (RFC 8725 §3.11).
func (v *Verifier) checkType(h *Header, p *Params) error {
	typ, ok := h.typ.Text()
	switch {
	case h.typ.Kind == strict.Absent && v.allowMissingType:
		return nil
	case ok && slices.Contains(v.types, MediaType(typ)):
		p.Type = MediaType(typ)
		return nil
	default:
		return (&rejection.Error{Reason: rejection.Type, Claim: "header typ", Want: v.wantedTypes, Setting: v.names.Types}).Saw(h.typ)
	}
}

// checkContent refuses a token within the token, which would have claims of
// its own.
func (h *Header) checkContent() error {
	if h.cty.Kind == strict.Absent {
		return nil
	}
	if cty, ok := h.cty.Text(); ok && MediaType(cty) != "jwt" {
		return nil
	}
	return (&rejection.Error{Reason: rejection.Malformed, Claim: "header cty", Want: "claims, not another token"}).Saw(h.cty)
}

// checkKeyID reads kid. An empty one names no key and counts as absent, as it
// does in a key set. It is hostile: it is only compared.
func (v *Verifier) checkKeyID(h *Header, p *Params) error {
	kid, ok := h.kid.Text()
	absent := h.kid.Kind == strict.Absent || ok && kid == ""
	switch {
	case absent && v.requireKeyID:
		return &rejection.Error{Reason: rejection.UnknownKey, Claim: "header kid", Got: h.kid.Raw, Want: "a kid", Setting: v.names.RequireKeyID}
	case !absent && (!ok || len(kid) > maxKeyIDSize):
		return (&rejection.Error{Reason: rejection.Malformed, Claim: "header kid", Want: "a string of at most 256 bytes"}).Saw(h.kid)
	default:
		p.KeyID, p.kid = kid, true
		return nil
	}
}

// MediaType brings a typ value into the form in which values are compared
// (RFC 7515 §4.1.9, RFC 8725 §3.11).
func MediaType(typ string) string {
	typ = strings.ToLower(typ)
	if rest, ok := strings.CutPrefix(typ, "application/"); ok && !strings.Contains(rest, "/") {
		return rest
	}
	return typ
}
