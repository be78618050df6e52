package tokentest

import "crypto/rand"

// typeAttacks are other kinds of token, as well signed as an access token, or
// access tokens that do not say what they are.
func typeAttacks() []Attack {
	return group{
		name: "type", want: refuseInvalid, reason: "type",
		why: "an issuer signs other things with the same key, which anybody may hold who is no API client (RFC 9068 §4, RFC 8725 §3.11)",
	}.attacks(
		try{row: "8725-3.11-1", name: "ID token for this service", make: idTokenForService},
		try{row: "9068-4-1", name: "typ JWT", edit: Type("JWT")},
		try{row: "9068-4-1", name: "typ missing", edit: WithoutHeader("typ")},
		try{row: "8725-3.11-1", name: "logout token", edit: Type("logout+jwt")},
		try{row: "8725-3.11-1", name: "security event token", edit: Type("secevent+jwt")},
		try{row: "8725-3.11-1", name: "status list token", edit: Type("statuslist+jwt")},
		try{row: "8725-3.11-1", name: "introspection response", edit: Type("token-introspection+jwt")},
		try{row: "8725-3.11-1", name: "DPoP proof", edit: Type("dpop+jwt")},
		try{row: "8725-3.11-1", name: "transaction token", edit: Type("txntoken+jwt")},
		try{row: "8725-3.11-1", name: "authorization request", edit: Type("oauth-authz-req+jwt")},
		try{row: "7515-4.1.9-2", name: "typ of another media type tree", edit: Type("text/at+jwt")},
		try{row: "7515-4.1.9-2", name: "typ with two slashes", edit: Type("application/x/at+jwt")},
		try{row: "7515-4.1.9-2", name: "typ with application twice", edit: Type("application/application/at+jwt")},
		try{row: "7515-4.1.9-2", name: "typ with a parameter", edit: Type("at+jwt;x=1")},
		try{row: "7515-4.1.9-2", name: "typ with a space", edit: Type("at+jwt ")},
		try{row: "7515-4.1.9-3", name: "typ is a number", edit: Header("typ", 5)},
		try{row: "7515-4.1.9-3", name: "typ is null", edit: Header("typ", nil)},
		try{row: "7515-4.1.9-3", name: "typ is an array", edit: wrapped("typ")},
		try{row: "7515-4.1.9-3", name: "typ is empty", edit: Type("")},
		try{row: "7515-4.1.10-1", name: "cty JWT", edit: Header("cty", "JWT"), reason: "malformed", why: "a token in a token has claims of its own, and only one of the two is checked (RFC 8725 §3.3)"},
		try{row: "7515-4.1.10-1", name: "cty JWT around another good token", edit: nestedToken, reason: "malformed", why: "a token in a token has claims of its own, and only one of the two is checked (RFC 8725 §3.3)"},
	)
}

// idTokenForService is an ID token that an issuer could be brought to issue:
// for this service, and with the claims of an access token that some put into
// ID tokens as well.
func idTokenForService(f *forge) Credentials {
	return authorization("Bearer " + f.issuer.IDToken(
		Audience(f.issuer.audience()...),
		ClientID("test-client"),
		Claim("jti", rand.Text()),
		Scope(f.cfg.Scopes...),
		Edits(f.cfg.Good...),
		Type("JWT"),
	))
}

// nestedToken signs a whole good token as the payload of another.
var nestedToken = Edit{func(d *draft) {
	inner := d.header.text()
	claims := d.claims.text()
	input := encode(inner) + "." + encode(claims)
	d.header.set("cty", "JWT")
	d.payloadText.add(replaceBy(input + "." + encode(d.key.sign([]byte(input)))))
}}
