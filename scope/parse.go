package scope

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/scopetoken"
)

// ErrSyntax reports text that is not a scope value of RFC 6749 §3.3.
var ErrSyntax = errors.New("scope: invalid scope")

// Parse splits a scope value as it is written in requests and configuration
// (RFC 6749 §3.3): scope tokens separated by single spaces. Repetitions are
// dropped, the order is kept. The empty string yields no scopes and no error.
// Use it for scopes that are not literals in the program, before All or Any.
//
// An error matches ErrSyntax.
func Parse(value string) ([]string, error) {
	if value == "" {
		return nil, nil
	}
	var scopes []string
	for name := range strings.SplitSeq(value, " ") {
		if !Valid(name) {
			return nil, fmt.Errorf("%w: %q", ErrSyntax, name)
		}
		if !slices.Contains(scopes, name) {
			scopes = append(scopes, name)
		}
	}
	return scopes, nil
}

// Valid reports whether name is one scope token of RFC 6749 §3.3: printable
// ASCII without space, quote and backslash, and not empty.
func Valid(name string) bool { return scopetoken.Valid(name) }
