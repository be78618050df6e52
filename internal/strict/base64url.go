package strict

import "errors"

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
	for len(src) >= 4 {
		a, b, c, d := sextets[src[0]], sextets[src[1]], sextets[src[2]], sextets[src[3]]
		if a|b|c|d == invalid6 {
			return dst, ErrBase64URL
		}
		dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|d)
		src = src[4:]
	}
	switch len(src) {
	case 0:
		return dst, nil
	case 2:
		a, b := sextets[src[0]], sextets[src[1]]
		if a|b == invalid6 || b<<4 != 0 {
			return dst, ErrBase64URL
		}
		return append(dst, a<<2|b>>4), nil
	case 3:
		a, b, c := sextets[src[0]], sextets[src[1]], sextets[src[2]]
		if a|b|c == invalid6 || c<<6 != 0 {
			return dst, ErrBase64URL
		}
		return append(dst, a<<2|b>>4, b<<4|c>>2), nil
	default: // one character carries six bits, which is no byte
		return dst, ErrBase64URL
	}
}
