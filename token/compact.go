package token

import (
	"crypto/sha256"
	"strings"

	"github.com/postern-go/postern/internal/strict"
)

const (
	maxHeaderSize    = 4 << 10 // bytes of JSON
	maxSignatureSize = 1 << 10 // RSA with 8192 bits
)

// compact is a JWS in compact serialization (RFC 7515 §7.1), read but not
// verified: nothing in it may be believed.
type compact struct {
	input     string // what is signed: the first two parts as received
	header    string // JSON
	payload   string // JSON
	signature []byte
	sha256    [sha256.Size]byte // of input, if hashed
	hashed    bool
}

// readCompact takes raw apart. Every part must be there, in the one base64url
// spelling there is.
func readCompact(raw string) (compact, error) {
	header, rest, _ := strings.Cut(raw, ".")
	payload, sig, _ := strings.Cut(rest, ".")
	if header == "" || payload == "" || sig == "" || strings.Contains(sig, ".") {
		return compact{}, notCompact(raw)
	}
	c := compact{input: raw[:len(header)+1+len(payload)]}
	if strict.DecodedLen(len(header)) > maxHeaderSize || strict.DecodedLen(len(sig)) > maxSignatureSize {
		return compact{}, errPartTooLarge
	}
	var err error
	if c.header, c.payload, err = decodeTexts(header, payload); err != nil {
		return compact{}, err
	}
	c.signature = make([]byte, 0, strict.DecodedLen(len(sig)))
	if c.signature, err = strict.AppendBase64URL(c.signature, sig); err != nil {
		return compact{}, errNotBase64URL
	}
	return c, nil
}

// Errors that need no word of what was seen are made once.
var (
	errNotBase64URL = &refusal{why: ErrMalformed, cause: strict.ErrBase64URL}
	errPartTooLarge = &refusal{why: ErrMalformed, want: "a header of at most 4096 bytes and a signature of at most 1024"}
	errNotCompact   = &refusal{why: ErrMalformed, want: "three parts, none empty, in compact serialization"}
	errEncrypted    = &refusal{why: ErrMalformed, want: "a signed token, but this has five parts like an encrypted one (JWE)"}
)

func notCompact(raw string) error {
	if strings.Count(raw, ".") == 4 {
		return errEncrypted
	}
	return errNotCompact
}

// decodeTexts decodes header and payload to strings, so that what is read from
// them later can share their memory and nobody can change it.
func decodeTexts(header, payload string) (string, string, error) {
	text := make([]byte, 0, strict.DecodedLen(len(header))+strict.DecodedLen(len(payload)))
	text, err := strict.AppendBase64URL(text, header)
	if err != nil {
		return "", "", errNotBase64URL
	}
	end := len(text)
	if text, err = strict.AppendBase64URL(text, payload); err != nil {
		return "", "", errNotBase64URL
	}
	both := textOf(text)
	return both[:end], both[end:], nil
}
