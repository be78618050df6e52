package token

import (
	"crypto/sha256"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

const (
	maxHeaderSize    = 4 << 10 // bytes of JSON
	maxSignatureSize = 1 << 10 // RSA with 8192 bits
)

// compact is a JWS in compact serialization (RFC 7515 §7.1), read but not
// verified: nothing in it may be believed.
type compact struct{ header, payload string } // JSON

// signed is what of a JWS is verified.
type signed struct {
	input     string // what is signed: the first two parts as received
	signature []byte
	sha256    [sha256.Size]byte // of input, if hashed
	hashed    bool
}

// room is for a signature with an RSA key of up to 4096 bits, without
// allocating it. Larger ones are.
type room [512]byte

// readCompact takes raw apart. Every part must be there, in the one base64url
// spelling there is. The signature may lie in r.
func readCompact(raw string, r *room) (c compact, s signed, err error) {
	header, rest, _ := strings.Cut(raw, ".")
	payload, sig, _ := strings.Cut(rest, ".")
	if header == "" || payload == "" || sig == "" || strings.Contains(sig, ".") {
		return c, s, notCompact(raw)
	}
	if strict.DecodedLen(len(header)) > maxHeaderSize || strict.DecodedLen(len(sig)) > maxSignatureSize {
		return c, s, errPartTooLarge
	}
	if c, err = decodeTexts(header, payload); err != nil {
		return c, s, err
	}
	s.input = raw[:len(header)+1+len(payload)]
	if s.signature, err = strict.AppendBase64URL(r[:0], sig); err != nil {
		return compact{}, signed{}, notBase64URL(sig)
	}
	return c, s, nil
}

// payloadOf decodes the payload of a token that has been read before.
func payloadOf(raw string) []byte {
	_, rest, _ := strings.Cut(raw, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, _ := strict.AppendBase64URL(nil, payload)
	return text
}

// Errors that need no word of what was seen are made once.
var (
	errNotBase64URL = &rejection.Error{Reason: ErrMalformed, Cause: strict.ErrBase64URL}
	errPadded       = &rejection.Error{Reason: ErrMalformed, Want: `base64url without padding "="`, Cause: strict.ErrBase64URL}
	errOldAlphabet  = &rejection.Error{Reason: ErrMalformed, Want: `"-" and "_" as in base64url, not "+" or "/" as in base64`, Cause: strict.ErrBase64URL}
	errPartTooLarge = &rejection.Error{Reason: ErrMalformed, Want: "a header of at most 4096 bytes and a signature of at most 1024"}
	errNotCompact   = &rejection.Error{Reason: ErrMalformed, Want: "three parts, none empty, in compact serialization"}
	errEncrypted    = &rejection.Error{Reason: ErrMalformed, Want: "a signed token, but this has five parts like an encrypted one (JWE)"}
)

// notBase64URL tells the spellings of other encoders from garbage.
func notBase64URL(part string) error {
	switch {
	case strings.ContainsAny(part, "+/"):
		return errOldAlphabet
	case strings.HasSuffix(part, "="):
		return errPadded
	default:
		return errNotBase64URL
	}
}

func notCompact(raw string) error {
	if strings.Count(raw, ".") == 4 {
		return errEncrypted
	}
	return errNotCompact
}

// decodeTexts decodes header and payload to strings, so that what is read from
// them later can share their memory and nobody can change it.
func decodeTexts(header, payload string) (compact, error) {
	text := make([]byte, 0, strict.DecodedLen(len(header))+strict.DecodedLen(len(payload)))
	text, err := strict.AppendBase64URL(text, header)
	if err != nil {
		return compact{}, notBase64URL(header)
	}
	end := len(text)
	if text, err = strict.AppendBase64URL(text, payload); err != nil {
		return compact{}, notBase64URL(payload)
	}
	both := textOf(text)
	return compact{both[:end], both[end:]}, nil
}
