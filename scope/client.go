package scope

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-go/postern/token"
)

// ClientID asks for a good token that was issued to one of these clients,
// whether it acts for a user or for itself. The claim that holds the client id
// is the business of the token.Config; a token without one is denied.
//
// Client ids are unique within one issuer only. Where several are trusted, say
// which one is meant: ClientID("web").And(Issuer("https://as.example.com")).
//
// ClientID panics, with an error that matches token.ErrConfig, if it gets no
// client id or an empty one: it is for literals.
func ClientID(ids ...string) Policy {
	return oneOf("client id", "Config.Profile.ClientIDClaim", ids, (*token.Token).ClientID)
}

// Issuer asks for a good token of one of these issuers. They are compared byte
// for byte with the iss claim (RFC 9068 §4). It does not make an issuer
// trusted: that is up to the Authenticator. Like ClientID, it panics if there is
// none or one is empty.
func Issuer(issuers ...string) Policy {
	return oneOf("issuer", "Config.Issuer", issuers, (*token.Token).Issuer)
}

// oneOf is the policy that wants one of several values of a property that every
// token has once.
func oneOf(property, setting string, values []string, of func(*token.Token) string) Policy {
	values = literals(property, values)
	name := property + "(" + words(values) + ")"
	wanted := make(map[string]struct{}, len(values))
	for _, v := range values {
		wanted[v] = struct{}{}
	}
	refused := &refusal{rule: name, why: token.ErrDenied, seen: func(t *token.Token) string {
		if of(t) == "" {
			return ": the token has no " + property + ", want " + wantedOf("one", values) + " (see " + setting + ")"
		}
		return ": " + property + " is " + quoted(of(t)) + ", want " + wantedOf("one", values)
	}}
	p := application(name, func(t *token.Token) error {
		if _, ok := wanted[of(t)]; !ok {
			return refused
		}
		return nil
	})
	p.rules[0].wants = wants{of: property, single: true, values: values, one: true}
	return p
}

// literals are values of a rule without repetitions. It panics if there are none
// or one is empty.
func literals(property string, values []string) []string {
	if len(values) == 0 {
		panic(fmt.Errorf("scope: %w: no %s given", token.ErrConfig, property))
	}
	for _, v := range values {
		if v == "" {
			panic(fmt.Errorf("scope: %w: %s is empty", token.ErrConfig, property))
		}
	}
	return appendNew(nil, values...)
}

// words lists values as a policy prints them.
func words(values []string) string {
	printed := make([]string, len(values))
	for i, v := range values {
		printed[i] = word(v)
	}
	return strings.Join(printed, ", ")
}

// word is a value as a policy prints it: quoted where it could be taken for
// something else.
func word(value string) string {
	if Valid(value) && !strings.ContainsAny(value, "(),") {
		return value
	}
	return strconv.QuoteToASCII(value)
}
