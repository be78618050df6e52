package jws

import (
	"crypto/sha256"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/internal/zerocopy"
)

const (
	maxHeaderSize    = 4 << 10 // bytes of JSON
	maxSignatureSize = 1 << 10 // RSA with 8192 bits
)

// Compact is a JWS in compact serialization (RFC 7515 §7.1), read but not
// verified: nothing in it may be trusted. Header and Payload are decoded.
type Compact struct{ Header, Payload string }

// Signed is the part of a JWS that the signature covers, and the signature.
type Signed struct {
	input     string // the first two parts as received
	signature []byte
	sha256    [sha256.Size]byte // of input, if hashed
	hashed    bool
}

// Hashed sets the SHA-256 hash of the signing input if the caller has it
// already, so that it is not computed twice.
func (s *Signed) Hashed(sum [sha256.Size]byte) { s.sha256, s.hashed = sum, true }

// Scratch holds a signature with an RSA key of up to 4096 bits on the caller's
// stack. A larger signature is allocated.
type Scratch [512]byte

// Split takes raw apart. Every part must be present, in the one accepted
// base64url spelling. The signature may lie in buf.
func Split(raw string, buf *Scratch) (c Compact, s Signed, err error) {
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
	if s.signature, err = strict.AppendBase64URL(buf[:0], sig); err != nil {
		return Compact{}, Signed{}, notBase64URL(sig)
	}
	return c, s, nil
}

// Payload decodes the payload of a JWS that Split has read before.
func Payload(raw string) []byte {
	_, rest, _ := strings.Cut(raw, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, _ := strict.AppendBase64URL(nil, payload)
	return text
}

// Errors that do not depend on the token are made once.
var (
	errNotBase64URL = &rejection.Error{Reason: rejection.Malformed, Cause: strict.ErrBase64URL}
	errPadded       = &rejection.Error{Reason: rejection.Malformed, Want: `base64url without padding "="`, Cause: strict.ErrBase64URL}
	errOldAlphabet  = &rejection.Error{
		Reason: rejection.Malformed, Want: `"-" and "_" as in base64url, not "+" or "/" as in base64`, Cause: strict.ErrBase64URL,
	}
	errPartTooLarge = &rejection.Error{Reason: rejection.Malformed, Want: "a header of at most 4096 bytes and a signature of at most 1024"}
	errNotCompact   = &rejection.Error{Reason: rejection.Malformed, Want: "three parts, none empty, in compact serialization"}
	errEncrypted    = &rejection.Error{Reason: rejection.Malformed, Want: "a signed token, but this has five parts like an encrypted one (JWE)"}
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

// decodeTexts decodes header and payload to strings, so that values read from
// them later can share their memory and cannot be changed.
func decodeTexts(header, payload string) (Compact, error) {
	text := make([]byte, 0, strict.DecodedLen(len(header))+strict.DecodedLen(len(payload)))
	text, err := strict.AppendBase64URL(text, header)
	if err != nil {
		return Compact{}, notBase64URL(header)
	}
	end := len(text)
	if text, err = strict.AppendBase64URL(text, payload); err != nil {
		return Compact{}, notBase64URL(payload)
	}
	both := zerocopy.String(text)
	return Compact{both[:end], both[end:]}, nil
}
