package scope

import (
	"slices"

	"github.com/postern-go/postern/token"
)

// Bound asks for a good token that is bound to a key or certificate of its client
// (RFC 7800 §3.1), as DPoP (RFC 9449) and mutual TLS (RFC 8705) bind them. A
// bearer token, which works for a thief as well, is refused with
// token.ErrBinding. The Verifier has checked the caller's proof by then, with the
// checkers of Config.Confirmations; see NeverMet for a service that has none. Any
// binding of theirs will do. Config.RequireBound asks the same of every call.
//
// Scopes that are missing are named first, since the client needs a token with
// both.
var Bound = bound()

func bound() Policy {
	refused := &refusal{rule: "bound", why: token.ErrBinding, detail: ": the token has no cnf, want a bound token"}
	p := application(refused.rule, func(t *token.Token) error {
		if !t.Bound() {
			return refused
		}
		return nil
	})
	p.rules[0].bound = true
	return p
}

// canBind reports whether auth may find a bound token good. It is true of an
// Authenticator that is not known.
func canBind(auth token.Authenticator) bool {
	issuers := token.Postures(auth)
	return len(issuers) == 0 || slices.ContainsFunc(issuers, func(p token.Posture) bool {
		return p.Issuer == "" || len(p.Confirmations) > 0
	})
}
