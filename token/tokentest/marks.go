package tokentest

import (
	"slices"

	"github.com/postern-go/postern/token"
)

// Marked makes the token bear a mark of a token.Profile, so that it looks like
// those of an issuer that shows by such a mark who acts:
//
//	issuer.Token(tokentest.Marked(token.Mark{Claim: "idtyp", Values: []string{"app"}}))
//
// A mark about the client id goes by client_id, azp, appid or cid, the first
// that the token has.
func Marked(m token.Mark) Edit {
	return Edit{func(d *draft) {
		if m.Absent {
			d.claims.remove(m.Claim)
			return
		}
		d.claims.set(m.Claim, bearing(m, clientIDOf(d)))
	}}
}

// bearing is a value of the claim for a mark that wants one.
func bearing(m token.Mark, clientID string) string {
	const other = "marked"
	switch {
	case m.Present, m.Not && m.Prefix+m.Suffix != "":
		return other
	case m.Not && m.ClientID:
		return clientID + "-" + other
	case m.Not:
		value := other
		for slices.Contains(m.Values, value) {
			value += "-" + other
		}
		return value
	case m.ClientID:
		return clientID
	case len(m.Values) > 0:
		return m.Values[0]
	default:
		return m.Prefix + other + m.Suffix
	}
}

func clientIDOf(d *draft) string {
	for _, name := range []string{"client_id", "azp", "appid", "cid"} {
		if id, ok := d.claims.get(name).(string); ok {
			return id
		}
	}
	return ""
}

// unmarked takes a mark from a token and leaves no other. ok is false if there
// is no such token that the profile accepts.
func unmarked(m token.Mark, p token.Profile) (e Edit, ok bool) {
	switch {
	case m.Absent:
		return Claim(m.Claim, "unmarked"), true
	case !m.Not && !m.Present && !m.ClientID:
		return Claim(m.Claim, "unmarked"), true
	default: // any value of the claim would tell something
		return WithoutClaim(m.Claim), !slices.Contains(requiredBy(p), m.Claim)
	}
}

// requiredBy lists the claims that a service with this profile wants.
func requiredBy(p token.Profile) []string {
	if p.Required != nil {
		return p.Required
	}
	return []string{"sub", or(p.ClientIDClaim, "client_id"), "iat", "jti"}
}
