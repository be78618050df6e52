package tokentest

import (
	"slices"
	"strconv"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Marked makes the token bear a mark of a token.Profile, so that it looks like
// those of an issuer that marks users or clients that way:
//
//	issuer.Token(tokentest.Marked(token.Mark{Claim: "idtyp", Values: []string{"app"}}))
//
// A mark about the client id goes by the claim that Shaped names, client_id, azp,
// appid or cid, the first that the token has.
func Marked(m token.Mark) Edit {
	return Edit{func(d *mint.Draft) {
		path := placeOf(m.Claim, m.Path)
		if m.Absent {
			d.Claims.RemoveAt(path)
			return
		}
		d.Claims.SetAt(path, inShape(m.Shape, bearing(m, clientIDOf(d))))
	}}
}

// inShape is a claim with one value.
func inShape(s token.Shape, value string) any {
	switch s {
	case token.ShapeList, token.ShapeWordsOrList, token.ShapeTextOrList:
		return []string{value}
	case token.ShapeKeys:
		return map[string]any{value: struct{}{}}
	case token.ShapeBoolean:
		is, _ := strconv.ParseBool(value) // "marked" is not true
		return is
	default:
		return value
	}
}

// bearing is a value of the claim for a mark that wants one.
func bearing(m token.Mark, clientID string) string {
	const other = "marked"
	switch {
	case m.Present, m.Not && m.Prefix+m.Suffix != "":
		return other
	case m.Not && m.Shape == token.ShapeBoolean:
		return strconv.FormatBool(!slices.Contains(m.Values, "true"))
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

func clientIDOf(d *mint.Draft) string {
	for _, name := range []string{d.ClientIDClaim, "client_id", "azp", "appid", "cid"} {
		if id, ok := d.Claims.Get(name).(string); ok {
			return id
		}
	}
	return ""
}
