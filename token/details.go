package token

import "github.com/postern-go/postern/internal/zerocopy"

// DetailsOf decodes those elements of the authorization_details claim (RFC 9396)
// that are of one type and count here, in their order. It returns none, and no
// error, if the token has no such element. They are decoded into a T as by
// ClaimsOf, afresh in each call.
//
// The type is compared byte for byte. An element with locations counts only if
// one of them is an audience that the Verifier accepts: one of Config.Audience,
// or of the Audience that was vouched for. The members that all types have in
// common (§2.2) must have their types, arrays of strings and for identifier a
// string: otherwise the element does not count, and neither does one that does
// not fit T.
//
// An element grants what all of its members say together: an action of one
// element says nothing about the datatypes of another.
//
// The error matches ErrMissing for a nil or zero Token, and ErrClaim if the
// claim is not an array of objects with a string as their type, has more than 64
// elements, or is longer than 16 KiB. Its text does not show the claim. A
// Verifier does not look at the claim, so that a malformed one refuses only
// calls that ask for it. DetailsOf does not block and may be called concurrently.
func DetailsOf[T any](t *Token, typ string) ([]T, error) {
	elements, err := t.details(typ)
	if err != nil {
		return nil, err
	}
	var fit []T
	for _, element := range elements {
		var v T
		if _, err := decode([]byte(element), &v); err == nil {
			fit = append(fit, v)
		}
	}
	return fit, nil
}

func (t *Token) details(typ string) ([]string, error) {
	if t.IsZero() {
		return nil, ErrMissing
	}
	return t.set.Rules.Details(zerocopy.String(t.payload()), typ)
}
