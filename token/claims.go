package token

import (
	"context"
	"reflect"

	"github.com/go-jose/go-jose/v4/json"
)

// Claims decodes all claims of the token into v, a pointer, by v's json tags.
// Member names match exactly, case included, unlike in encoding/json: there
// {"scope":"read","SCOPE":"admin"} would make an admin. Each call decodes
// afresh, so what v receives may be modified. An error matches ErrClaim.
//
// A type's UnmarshalJSON method is used as in encoding/json.
func (t *Token) Claims(v any) error {
	claims := namesFor(reflect.TypeOf(v)).of(payloadOf(t.raw))
	if err := json.Unmarshal(claims, v); err != nil {
		return &refusal{why: ErrClaim, want: "claims that fit the Go type", cause: err}
	}
	return nil
}

// ClaimsOf decodes the claims of t into a T. See Token.Claims.
func ClaimsOf[T any](t *Token) (T, error) {
	var v T
	if t.IsZero() {
		return v, ErrMissing
	}
	err := t.Claims(&v)
	return v, err
}

// ClaimsFrom decodes the claims of the verified token that ctx carries. The
// error is ErrMissing if it carries none.
func ClaimsFrom[T any](ctx context.Context) (T, error) {
	t, _ := FromContext(ctx)
	return ClaimsOf[T](t)
}
