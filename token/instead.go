package token

import (
	"slices"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/internal/zerocopy"
)

// noClientID and noAudience are the hints for a token that lacks one, given its
// payload: issuers use other names. The token is searched when the error is
// read, so that good tokens and floods of bad ones cost nothing.
type noClientID string

func (payload noClientID) String() string {
	if found := present(string(payload), ofClients); len(found) > 0 {
		return "; it has " + quoted(found) + " (see Config.Profile.ClientIDClaim)"
	}
	return ""
}

type noAudience string

func (payload noAudience) String() string {
	if found := present(string(payload), ofClients); len(found) > 0 {
		return "; it has " + quoted(found) + ", which names its client and not its audience"
	}
	return ""
}

// present lists those of the names that an object has, in order.
func present(object string, names []string) []string {
	var has [8]bool
	err := strict.Members(object, func(name string, v strict.Value) {
		if i := slices.Index(names, name); i >= 0 && v.Kind != strict.Null {
			has[i] = true
		}
	})
	var found []string
	for i, name := range names {
		if err == nil && has[i] {
			found = append(found, name)
		}
	}
	return found
}

func quoted(names []string) string { return `"` + strings.Join(names, `" and "`) + `"` }

// scopesInWords says which scopes a token has, and if it has none, where they
// may be.
func (t *Token) scopesInWords() string {
	if len(t.scopes) > 0 {
		return "the token has " + printable.Value(strconv.QuoteToASCII(strings.Join(t.scopes, " ")))
	}
	if t.verifier == nil {
		return "the token has no scope"
	}
	claim := t.verifier.scopeClaim
	payload := zerocopy.String(jws.Payload(t.Raw()))
	if len(present(payload, []string{claim})) > 0 {
		return "the scope claim " + printable.Value(strconv.QuoteToASCII(claim)) + " of the token is empty"
	}
	words := "the token has no scope claim " + printable.Value(strconv.QuoteToASCII(claim))
	if found := present(payload, ofScopes); len(found) > 0 {
		words += ", but it has " + quoted(found) + " (see Config.Profile.ScopeClaim)"
	}
	return words
}
