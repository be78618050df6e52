package token

import (
	"strings"

	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/internal/zerocopy"
)

// shape is what a token looks like from outside.
type shape uint8

const (
	opaque    shape = iota
	signed          // a JWS in compact serialization (RFC 7515 §7.1)
	encrypted       // a JWE in compact serialization (RFC 7516 §7.1)
)

// shapeOf looks at the number of parts and at the first of them, which must be a JSON
// object with alg, and with enc if there are five parts. What is spelled wrong is opaque.
// It verifies nothing.
func shapeOf(raw string) shape {
	parts := 1 + strings.Count(raw, ".")
	if parts != 3 && parts != 5 {
		return opaque
	}
	header, _, _ := strings.Cut(raw, ".")
	alg, enc := headerHas(header)
	switch {
	case parts == 3 && alg:
		return signed
	case alg && enc:
		return encrypted
	default:
		return opaque
	}
}

// longestHeader is that of a header that is looked at, in bytes. It is the limit of
// package jws.
const longestHeader = 4 << 10

func headerHas(part string) (alg, enc bool) {
	if strict.DecodedLen(len(part)) > longestHeader {
		return false, false
	}
	var buf [256]byte
	text, err := strict.AppendBase64URL(buf[:0], part)
	if err != nil {
		return false, false
	}
	err = strict.Members(zerocopy.String(text), func(name string, v strict.Value) {
		alg = alg || name == "alg" && v.Kind == strict.String
		enc = enc || name == "enc" && v.Kind == strict.String
	})
	if err != nil {
		return false, false
	}
	return alg, enc
}
