package refusals

import (
	"crypto/rand"
	"slices"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// typeAttacks are other kinds of token, as well signed as an access token, or
// access tokens that do not say what they are.
func typeAttacks() []Attack {
	return group{
		name: "type", want: refuseInvalid, reason: "type",
		why: "an issuer signs other things with the same key, and clients of other kinds may hold them (RFC 9068 §4, RFC 8725 §3.11)",
	}.attacks(
		try{row: "8725-3.11-1", name: "ID token for this service", make: idTokenForService},
		typed("9068-4-1", "typ JWT", "JWT"),
		try{row: "9068-4-1", name: "typ missing", edit: tokentest.WithoutHeader("typ"), applies: func(a *attacker) bool { return !a.profile().AllowMissingType }},
		typed("8725-3.11-1", "logout token", "logout+jwt"),
		typed("8725-3.11-1", "security event token", "secevent+jwt"),
		typed("8725-3.11-1", "status list token", "statuslist+jwt"),
		typed("8725-3.11-1", "introspection response", "token-introspection+jwt"),
		typed("8725-3.11-1", "DPoP proof", "dpop+jwt"),
		typed("8725-3.11-1", "transaction token", "txntoken+jwt"),
		typed("8725-3.11-1", "authorization request", "oauth-authz-req+jwt"),
		typed("7515-4.1.9-2", "typ of another media type tree", "text/at+jwt"),
		typed("7515-4.1.9-2", "typ with two slashes", "application/x/at+jwt"),
		typed("7515-4.1.9-2", "typ with application twice", "application/application/at+jwt"),
		typed("7515-4.1.9-2", "typ with a parameter", "at+jwt;x=1"),
		typed("7515-4.1.9-2", "typ with a space", "at+jwt "),
		try{row: "7515-4.1.9-3", name: "typ is a number", edit: tokentest.Header("typ", 5)},
		try{row: "7515-4.1.9-3", name: "typ is null", edit: tokentest.Header("typ", nil)},
		try{row: "7515-4.1.9-3", name: "typ is an array", edit: wrapped("typ")},
		typed("7515-4.1.9-3", "typ is empty", ""),
		try{row: "7515-4.1.10-1", name: "cty JWT", edit: tokentest.Header("cty", "JWT"), reason: "malformed", why: "a token in a token has claims of its own, and only one of the two is checked (RFC 8725 §3.3)"},
		try{row: "7515-4.1.10-1", name: "cty JWT around another good token", edit: nestedToken, reason: "malformed", why: "a token in a token has claims of its own, and only one of the two is checked (RFC 8725 §3.3)"},
	)
}

// typed is a token of a type that the service does not accept.
func typed(row, name, typ string) try {
	return try{row: row, name: name, edit: tokentest.Type(typ), applies: func(a *attacker) bool {
		return !slices.ContainsFunc(a.profile().Types, func(accepted string) bool { return strings.EqualFold(accepted, typ) })
	}}
}

// idTokenForService is an ID token that an issuer could be brought to issue:
// for this service, and with the claims of an access token that some put into
// ID tokens as well.
func idTokenForService(a *attacker) tokentest.Credentials {
	return authorization("Bearer " + a.issuer.IDToken(
		tokentest.Audience(a.issuer.Options().Audience...),
		tokentest.ClientID("test-client"),
		tokentest.Claim("jti", rand.Text()),
		a.good(),
		tokentest.Type("JWT"),
	))
}

// nestedToken signs a whole good token as the payload of another.
var nestedToken = tokentest.EditDraft(func(d *mint.Draft) {
	inner := d.Header.Text()
	claims := d.Claims.Text()
	input := mint.Encode(inner) + "." + mint.Encode(claims)
	d.Header.Set("cty", "JWT")
	d.PayloadText.Add(replaceBy(input + "." + mint.Encode(d.Key.Sign([]byte(input)))))
})
