package tokentest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Shaped gives the token the shape that a token.Profile describes: typ, the
// claim of the client id, and the claim and form of scopes. Edits such as
// ClientID and Scope that come after it follow that shape. The zero Profile is
// the shape that tokens have without it. Shaped adds no mark of users or
// clients, which is for Marked, and no claim of Profile.Required, which is for
// Claim.
func Shaped(p token.Profile) Edit {
	return Edit{func(d *mint.Draft) {
		shapeType(d, p)
		scopes, hasScopes := d.Scopes(), d.Claims.Get(d.ScopeClaim) != nil
		d.Claims.Remove(d.ScopeClaim)
		d.ScopeClaim, d.ScopeList = cmp.Or(p.ScopeClaim, "scope"), p.ScopeList
		if hasScopes {
			d.SetScopes(scopes...)
		}
		id := d.Claims.Get(d.ClientIDClaim)
		d.Claims.Remove(d.ClientIDClaim)
		d.ClientIDClaim = cmp.Or(p.ClientIDClaim, "client_id")
		if id != nil {
			d.Claims.Set(d.ClientIDClaim, id)
		}
	}}
}

// shapeType keeps the typ of RFC 9068 where the profile accepts it.
func shapeType(d *mint.Draft, p token.Profile) {
	switch {
	case len(p.Types) == 0 && p.AllowMissingType:
		d.Header.Remove("typ")
	case p.Types == nil || slices.ContainsFunc(p.Types, isAccessTokenType):
	default:
		d.Header.Set("typ", p.Types[0])
	}
}

func isAccessTokenType(typ string) bool {
	return strings.EqualFold(typ, "at+jwt") || strings.EqualFold(typ, "application/at+jwt")
}
