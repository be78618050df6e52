package strict

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrBase64URL reports text that is not the one base64url spelling, without
// padding, of some bytes (RFC 7515 §2, RFC 4648 §3.5).
var ErrBase64URL = errors.New("not canonical base64url")

const invalid6 = 0xff

var sextets = func() (table [256]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range table {
		table[i] = invalid6
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

// DecodedLen is the number of bytes that n characters of base64url without
// padding decode to.
func DecodedLen(n int) int { return n * 6 / 8 }

// AppendBase64URL appends the bytes that src spells to dst. It accepts the
// alphabet of RFC 4648 §5 only: no padding, no line breaks, and zero in the
// bits of the last character that carry no data, because two spellings of one
// token would be two entries in every cache and deny list.
func AppendBase64URL(dst []byte, src string) ([]byte, error) {
	start, size := len(dst), DecodedLen(len(src))
	grown := slices.Grow(dst, size)[:start+size]
	out := grown[start:]
	for len(src) >= 8 && len(out) >= 8 {
		a, b, c, d := sextets[src[0]], sextets[src[1]], sextets[src[2]], sextets[src[3]]
		e, f, g, h := sextets[src[4]], sextets[src[5]], sextets[src[6]], sextets[src[7]]
		if a|b|c|d|e|f|g|h == invalid6 {
			return dst, ErrBase64URL
		}
		// Eight bytes are written of which the last two are written again.
		binary.BigEndian.PutUint64(out, uint64(a)<<58|uint64(b)<<52|uint64(c)<<46|uint64(d)<<40|
			uint64(e)<<34|uint64(f)<<28|uint64(g)<<22|uint64(h)<<16)
		src, out = src[8:], out[6:]
	}
	for len(src) >= 4 {
		a, b, c, d := sextets[src[0]], sextets[src[1]], sextets[src[2]], sextets[src[3]]
		if a|b|c|d == invalid6 {
			return dst, ErrBase64URL
		}
		out[0], out[1], out[2] = a<<2|b>>4, b<<4|c>>2, c<<6|d
		src, out = src[4:], out[3:]
	}
	if !decodeRest(out, src) {
		return dst, ErrBase64URL
	}
	return grown, nil
}

// decodeRest decodes what is left of src after groups of four characters.
func decodeRest(out []byte, src string) bool {
	switch len(src) {
	case 0:
		return true
	case 2:
		a, b := sextets[src[0]], sextets[src[1]]
		if a|b == invalid6 || b<<4 != 0 {
			return false
		}
		out[0] = a<<2 | b>>4
		return true
	case 3:
		a, b, c := sextets[src[0]], sextets[src[1]], sextets[src[2]]
		if a|b|c == invalid6 || c<<6 != 0 {
			return false
		}
		out[0], out[1] = a<<2|b>>4, b<<4|c>>2
		return true
	default: // one character carries six bits, which is no byte
		return false
	}
}
