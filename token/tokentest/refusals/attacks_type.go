package refusals

import (
	"crypto/rand"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// typeAttacks are other kinds of token, as well signed as an access token, or
// access tokens that do not say what they are.
func typeAttacks() []Attack {
	return group{
		name: "type", want: refuseInvalid, reason: "type",
		why: "an issuer signs other things with the same key, which anybody may hold who is no API client (RFC 9068 §4, RFC 8725 §3.11)",
	}.attacks(
		try{row: "8725-3.11-1", name: "ID token for this service", make: idTokenForService},
		try{row: "9068-4-1", name: "typ JWT", edit: tokentest.Type("JWT")},
		try{row: "9068-4-1", name: "typ missing", edit: tokentest.WithoutHeader("typ")},
		try{row: "8725-3.11-1", name: "logout token", edit: tokentest.Type("logout+jwt")},
		try{row: "8725-3.11-1", name: "security event token", edit: tokentest.Type("secevent+jwt")},
		try{row: "8725-3.11-1", name: "status list token", edit: tokentest.Type("statuslist+jwt")},
		try{row: "8725-3.11-1", name: "introspection response", edit: tokentest.Type("token-introspection+jwt")},
		try{row: "8725-3.11-1", name: "DPoP proof", edit: tokentest.Type("dpop+jwt")},
		try{row: "8725-3.11-1", name: "transaction token", edit: tokentest.Type("txntoken+jwt")},
		try{row: "8725-3.11-1", name: "authorization request", edit: tokentest.Type("oauth-authz-req+jwt")},
		try{row: "7515-4.1.9-2", name: "typ of another media type tree", edit: tokentest.Type("text/at+jwt")},
		try{row: "7515-4.1.9-2", name: "typ with two slashes", edit: tokentest.Type("application/x/at+jwt")},
		try{row: "7515-4.1.9-2", name: "typ with application twice", edit: tokentest.Type("application/application/at+jwt")},
		try{row: "7515-4.1.9-2", name: "typ with a parameter", edit: tokentest.Type("at+jwt;x=1")},
		try{row: "7515-4.1.9-2", name: "typ with a space", edit: tokentest.Type("at+jwt ")},
		try{row: "7515-4.1.9-3", name: "typ is a number", edit: tokentest.Header("typ", 5)},
		try{row: "7515-4.1.9-3", name: "typ is null", edit: tokentest.Header("typ", nil)},
		try{row: "7515-4.1.9-3", name: "typ is an array", edit: wrapped("typ")},
		try{row: "7515-4.1.9-3", name: "typ is empty", edit: tokentest.Type("")},
		try{row: "7515-4.1.10-1", name: "cty JWT", edit: tokentest.Header("cty", "JWT"), reason: "malformed", why: "a token in a token has claims of its own, and only one of the two is checked (RFC 8725 §3.3)"},
		try{row: "7515-4.1.10-1", name: "cty JWT around another good token", edit: nestedToken, reason: "malformed", why: "a token in a token has claims of its own, and only one of the two is checked (RFC 8725 §3.3)"},
	)
}

// idTokenForService is an ID token that an issuer could be brought to issue:
// for this service, and with the claims of an access token that some put into
// ID tokens as well.
func idTokenForService(a *attacker) tokentest.Credentials {
	return authorization("Bearer " + a.issuer.IDToken(
		tokentest.Audience(a.issuer.Options().Audience...),
		tokentest.ClientID("test-client"),
		tokentest.Claim("jti", rand.Text()),
		tokentest.Scope(a.cfg.Scopes...),
		tokentest.Edits(a.cfg.Good...),
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
