// Package credentials reads the Authorization field of a call, the same for
// HTTP and gRPC (RFC 9110 §11.6.2, RFC 6750 §2.1).
package credentials

import (
	"fmt"
	"strings"

	"github.com/postern-go/postern/token"
)

// Faults of credentials that cannot be used. Both match token.ErrRequest.
var (
	ErrMalformed = fmt.Errorf("%w: not a scheme, spaces and one token", token.ErrRequest)
	ErrMultiple  = fmt.Errorf("%w: more than one access token", token.ErrRequest)
)

// Parse reads the values of every Authorization field of a call as one access
// token of one of the schemes.
//
// The error matches token.ErrMissing if the field is absent, empty or of a
// scheme that is not accepted here; ErrMultiple if there are several fields,
// since a proxy in front may have looked at a different one; and ErrMalformed
// if the scheme is accepted and what follows is not a token. Its text tells
// operators which it was, and shows no value.
func Parse(fields []string, schemes ...string) (scheme, raw string, err error) {
	if scheme, raw, err = Split(fields, schemes...); err == nil && !IsToken68(raw) {
		return "", "", ErrMalformed
	}
	return scheme, raw, err
}

// Split is Parse for callers that make sure by other means that raw is a
// token68: looking at every byte of every token is most of what Parse costs.
func Split(fields []string, schemes ...string) (scheme, raw string, err error) {
	switch len(fields) {
	case 0:
		return "", "", errNoField
	case 1:
		return parse(strings.Trim(fields[0], " \t"), schemes)
	default:
		return "", "", several(len(fields))
	}
}

// Scheme is the scheme of a field, spelled as in schemes, or "" if it is not one
// of them.
func Scheme(field string, schemes ...string) string {
	field = strings.TrimLeft(field, " \t")
	scheme, _ := accepted(field[:schemeLen(field)], schemes)
	return scheme
}

func parse(field string, schemes []string) (scheme, raw string, err error) {
	n := schemeLen(field)
	scheme, ok := accepted(field[:n], schemes)
	if !ok {
		return "", "", notAccepted(field, n, schemes)
	}
	raw = strings.TrimLeft(field[n:], " ")
	if len(raw) == len(field)-n {
		return "", "", ErrMalformed
	}
	return scheme, raw, nil
}

// accepted finds the scheme among those accepted here, in any case.
func accepted(name string, schemes []string) (string, bool) {
	for _, s := range schemes {
		if strings.EqualFold(name, s) {
			return s, true
		}
	}
	return "", false
}

// schemeLen is the length of the token (RFC 9110 §5.6.2) that field begins with.
func schemeLen(field string) int {
	for i := range len(field) {
		if kinds[field[i]]&inScheme == 0 {
			return i
		}
	}
	return len(field)
}

// IsToken68 tells whether s is a token68 of RFC 9110 §11.2, which is also the
// b64token of RFC 6750 §2.1.
func IsToken68(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" {
		return false
	}
	all := inToken68
	for ; len(body) >= 8; body = body[8:] {
		all &= kinds[body[0]] & kinds[body[1]] & kinds[body[2]] & kinds[body[3]] &
			kinds[body[4]] & kinds[body[5]] & kinds[body[6]] & kinds[body[7]]
	}
	for i := range len(body) {
		all &= kinds[body[i]]
	}
	return all != 0
}

// kinds tells of each byte where it may stand.
var kinds = func() (table [256]kind) {
	const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for _, c := range []byte(alnum + "!#$%&'*+-.^_`|~") {
		table[c] |= inScheme
	}
	for _, c := range []byte(alnum + "-._~+/") {
		table[c] |= inToken68
	}
	return table
}()

type kind uint8

const (
	inScheme kind = 1 << iota
	inToken68
)
