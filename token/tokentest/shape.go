package tokentest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Shaped gives the token the shape that a token.Profile describes: typ, the
// claims of the client id and of the audience, the claim and form of scopes, and
// the marks of Profile.Rules. Of several sources of scopes it uses the first.
// Edits such as ClientID, Audience and Scope that come after it follow that
// shape. The zero Profile is the shape that tokens have without it. Shaped adds
// no mark of users or clients, which is for Marked, and no claim of
// Profile.Required, which is for Claim.
func Shaped(p token.Profile) Edit {
	return Edit{func(d *mint.Draft) {
		shapeType(d, p)
		shapeScopes(d, p)
		shapeClientID(d, p)
		shapeAudience(d, p)
		for _, rule := range p.Rules {
			Marked(rule).apply(d)
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

func shapeScopes(d *mint.Draft, p token.Profile) {
	scopes, hasScopes := d.Scopes(), d.Claims.At(d.ScopePath) != nil
	d.RemoveScopes()
	d.ScopePath, d.ScopeForm = []string{cmp.Or(p.ScopeClaim, "scope")}, mint.Words
	if p.ScopeList {
		d.ScopeForm = mint.List
	}
	if len(p.Scopes) > 0 {
		d.ScopePath, d.ScopeForm = placeOf(p.Scopes[0].Claim, p.Scopes[0].Path), formOf(p.Scopes[0].Shape)
	}
	if hasScopes {
		d.SetScopes(scopes...)
	}
}

func formOf(s token.Shape) mint.Form {
	switch s {
	case token.ShapeList, token.ShapeTextOrList:
		return mint.List
	case token.ShapeKeys:
		return mint.Keys
	default:
		return mint.Words
	}
}

// placeOf is where a claim is, by either of its two spellings.
func placeOf(claim string, path []string) []string {
	if len(path) > 0 {
		return path
	}
	return []string{claim}
}

func shapeClientID(d *mint.Draft, p token.Profile) {
	id := d.Claims.Get(d.ClientIDClaim)
	d.Claims.Remove(d.ClientIDClaim)
	d.ClientIDClaim = cmp.Or(p.ClientIDClaim, "client_id")
	if id != nil {
		d.Claims.Set(d.ClientIDClaim, id)
	}
}

// shapeAudience moves the audience. A claim that cannot be an array, such as that of
// the client id, gets the first.
func shapeAudience(d *mint.Draft, p token.Profile) {
	if p.AudienceClaim == "" {
		return
	}
	audience := d.Claims.Get(d.AudienceClaim)
	d.Claims.Remove(d.AudienceClaim)
	d.AudienceClaim = p.AudienceClaim
	if list, ok := audience.([]string); ok && len(list) > 0 {
		audience = list[0]
	}
	if audience != nil {
		d.Claims.Set(d.AudienceClaim, audience)
	}
}
