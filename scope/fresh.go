package scope

import "github.com/postern-go/postern/token"

// Fresh asks for a good token about which the issuer was asked for this very call, so
// that one that has been revoked is refused at once. It is for operations that must not be
// done with a revoked token; each call costs a request to the issuer, and fails while that
// is unavailable. Package introspect asks; a token that a signature alone proves is
// denied, however new it is.
//
// The guards of packages middleware and grpcauth tell the Authenticator of it
// (token.Presentation.Fresh). Beside alternatives, the issuer is asked whichever of them
// holds. A rehearsal does not have the issuer asked, since that may fail: it reports
// tokens that are remembered.
var Fresh = fresh()

func fresh() Policy {
	refused := &refusal{rule: "fresh", why: token.ErrDenied, detail: ": the issuer was not asked for this call, want an Authenticator that asks it (see package introspect)"}
	p := application("fresh", func(t *token.Token) error {
		if !t.Fresh() {
			return refused
		}
		return nil
	})
	p.fresh = true
	return p
}

// IsFresh reports whether a rule of p is Fresh, an alternative included. Guards ask before they have a token
// judged.
func (p Policy) IsFresh() bool { return p.fresh }
