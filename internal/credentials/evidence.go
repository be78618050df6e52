package credentials

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-go/postern/token"
)

// What operators are told of credentials that are not a token of an accepted
// scheme. Callers are told that a token is required, and no more.
var (
	errNoField = fmt.Errorf("%w: there is no Authorization field", token.ErrMissing)
	errEmpty   = fmt.Errorf("%w: the Authorization field is empty", token.ErrMissing)
)

// notAccepted tells why field is not an access token. The field begins with a
// word of n bytes that is not an accepted scheme. The word is named only if it
// must be a scheme: a token that lost its scheme stands in the same place.
func notAccepted(field string, n int, schemes []string) error {
	want := strings.Join(schemes, " or ")
	switch rest := field[n:]; {
	case field == "":
		return errEmpty
	case rest == "" || IsToken68(field):
		return &otherScheme{want: want, bare: true}
	case rest[0] == ' ' && isSchemeName(field[:n]):
		return &otherScheme{want: want, name: field[:n]}
	default:
		return &otherScheme{want: want}
	}
}

// isSchemeName reports whether word reads like the name of a scheme, as Basic,
// Token, JWT and Negotiate do. Random values this long have digits.
func isSchemeName(word string) bool {
	const longest = 20
	letters := func(r rune) bool { return r != '-' && (r|' ' < 'a' || r|' ' > 'z') }
	return len(word) <= longest && !strings.ContainsFunc(word, letters)
}

// otherScheme is the error about a field of a scheme that is not accepted.
type otherScheme struct {
	want string // the schemes that are accepted
	name string // "" if it may be a secret
	bare bool   // whether the scheme is missing
}

func (e *otherScheme) Error() string {
	text := token.ErrMissing.Error() + ": the Authorization field has "
	switch {
	case e.bare:
		return text + "no scheme: it looks like a bare token, want " + e.want + " and the token"
	case e.name != "":
		return text + "the scheme " + strconv.Quote(e.name) + ", want " + e.want
	default:
		return text + "another scheme than " + e.want
	}
}

func (*otherScheme) Unwrap() error { return token.ErrMissing }

// several is how many fields there are, where one is allowed.
type several int

func (n several) Error() string {
	return ErrMultiple.Error() + ": there are " + strconv.Itoa(int(n)) + " Authorization fields, want one"
}

func (several) Unwrap() error { return ErrMultiple }
