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
	errNoField  = fmt.Errorf("%w: there is no Authorization field", token.ErrMissing)
	errEmpty    = fmt.Errorf("%w: the Authorization field is empty", token.ErrMissing)
	errNoScheme = fmt.Errorf("%w: the Authorization field has no scheme: it looks like a bare token, want Bearer and the token", token.ErrMissing)
	errScheme   = fmt.Errorf("%w: the Authorization field has another scheme than Bearer", token.ErrMissing)
)

// notAccepted tells why field, which does not begin with an accepted scheme but
// with a word of n bytes, is no access token. The word is named only if it must
// be a scheme: a token that lost its scheme stands in the same place.
func notAccepted(field string, n int) error {
	switch rest := field[n:]; {
	case field == "":
		return errEmpty
	case rest == "" || IsToken68(field):
		return errNoScheme
	case rest[0] == ' ' && isSchemeName(field[:n]):
		return otherScheme(field[:n])
	default:
		return errScheme
	}
}

// isSchemeName reports whether word reads like the name of a scheme, as Basic,
// Token, JWT and Negotiate do. Random values this long have digits.
func isSchemeName(word string) bool {
	const longest = 20
	letters := func(r rune) bool { return r != '-' && (r|' ' < 'a' || r|' ' > 'z') }
	return word != "" && len(word) <= longest && !strings.ContainsFunc(word, letters)
}

// otherScheme is the name of a scheme that is not accepted.
type otherScheme string

func (s otherScheme) Error() string {
	return token.ErrMissing.Error() + ": the Authorization field has the scheme " + strconv.Quote(string(s)) + ", want Bearer"
}

func (otherScheme) Unwrap() error { return token.ErrMissing }

// several is how many fields there are, where one is allowed.
type several int

func (n several) Error() string {
	return ErrMultiple.Error() + ": there are " + strconv.Itoa(int(n)) + " Authorization fields, want one"
}

func (several) Unwrap() error { return ErrMultiple }
