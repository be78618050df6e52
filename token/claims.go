package token

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/internal/zerocopy"
)

// Claims decodes all claims of the token into v, a pointer, by v's json tags.
// Member names match exactly, case included. encoding/json ignores case, so
// that {"scope":"read","SCOPE":"admin"} would make an admin. Each call decodes
// afresh, so what v receives may be modified. The error matches ErrMissing for
// a nil or zero Token, and ErrClaim where claims do not fit v; its text names
// the claim.
//
// A type's UnmarshalJSON method is used as in encoding/json.
func (t *Token) Claims(v any) error {
	if t.IsZero() {
		return ErrMissing
	}
	selected, err := decode(t.payload(), v)
	if err != nil {
		return misfit(zerocopy.String(selected), err)
	}
	return nil
}

// decode decodes an object into v, a pointer, by what v can receive of it.
func decode(object []byte, v any) (selected []byte, err error) {
	selected = namesFor(reflect.TypeOf(v)).of(object)
	return selected, json.Unmarshal(selected, v)
}

// misfit names the claim at which the decoder stopped, at any depth.
func misfit(claims string, err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		if name, value := memberAt(claims, int(wrong.Offset)); name != "" {
			return (&rejection.Error{Reason: ErrClaim, Claim: name, Want: "a value that fits the Go type", Cause: err}).Saw(value)
		}
	}
	return &rejection.Error{Reason: ErrClaim, Want: "claims that fit the Go type", Cause: err}
}

// memberAt finds the member of an object that has the byte before offset in its
// value, or "". Names and values follow each other in the text as Members gives
// them out.
func memberAt(object string, offset int) (name string, value strict.Value) {
	end := 0
	_ = strict.Members(object, func(n string, v strict.Value) {
		start := end + strings.IndexByte(object[end:], '"')
		start += endOfString(object[start:])
		start += strings.Index(object[start:], v.Raw)
		end = start + len(v.Raw)
		if start < offset { // and so was the one before
			name, value = n, v
		}
	})
	return name, value
}

// endOfString is the length of the JSON string that text begins with.
func endOfString(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// ClaimsOf decodes the claims of t into a T. See Token.Claims.
func ClaimsOf[T any](t *Token) (T, error) {
	var v T
	err := t.Claims(&v)
	return v, err
}

// ClaimsFrom decodes the claims of the verified token that ctx carries. The
// error is ErrMissing if it carries none.
func ClaimsFrom[T any](ctx context.Context) (T, error) {
	t, _ := FromContext(ctx)
	return ClaimsOf[T](t)
}
