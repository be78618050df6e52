package strict

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrBase64URL reports text that is not the one base64url spelling, without
// padding, of some bytes (RFC 7515 §2, RFC 4648 §3.5).
var ErrBase64URL = errors.New("not canonical base64url")

const (
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	invalid6 = 0xff
	// invalid24 is a bit that no group of four characters has set.
	invalid24 = 1 << 31
)

var sextets = func() (table [256]byte) {
	for i := range table {
		table[i] = invalid6
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

// quarters are sextets where they stand in a group of four: what a group spells
// is found by four look-ups and nothing else.
var quarters = func() (table [4][256]uint32) {
	for place := range table {
		for i := range table[place] {
			table[place][i] = uint32(sextets[i]) << (18 - 6*place)
			if sextets[i] == invalid6 {
				table[place][i] = invalid24
			}
		}
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
		a := quarters[0][src[0]] | quarters[1][src[1]] | quarters[2][src[2]] | quarters[3][src[3]]
		b := quarters[0][src[4]] | quarters[1][src[5]] | quarters[2][src[6]] | quarters[3][src[7]]
		if (a|b)&invalid24 != 0 {
			return dst, ErrBase64URL
		}
		// Eight bytes are written; the next group overwrites the last two.
		binary.BigEndian.PutUint64(out, uint64(a)<<40|uint64(b)<<16)
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

// decodeRest decodes the remainder of src after groups of four characters.
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
	default: // one character carries six bits, less than a byte
		return false
	}
}
