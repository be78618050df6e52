package refusals

import (
	"encoding/json"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// signedAttacks are answers that are not signed for this service by its issuer
// (RFC 9701).
func signedAttacks() []Attack {
	attacks := group{
		name: "signed answer", want: refuseUnknown, reason: "introspection_unavailable",
		why: "an answer that was signed for another purpose, or by another party, is no evidence (RFC 9701 §5, RFC 8725 §3.11)",
	}.attacks(
		try{row: "9701-4-1", name: "answer without a signature", during: unsigned},
		try{row: "9701-4-1", name: "signed answer under another media type", during: mislabelled},
		try{row: "9701-5-1", name: "signed answer of type JWT", during: signed(tokentest.Type("JWT"))},
		try{row: "9701-5-1", name: "signed answer of type at+jwt", during: signed(tokentest.Type("at+jwt"))},
		try{row: "9701-5-1", name: "signed answer without a type", during: signed(tokentest.WithoutHeader("typ"))},
		try{row: "9701-5-1", name: "signed answer of another issuer", during: signed(tokentest.Claim("iss", "https://attacker.test"))},
		try{row: "9701-5-1", name: "signed answer without an issuer", during: signed(tokentest.WithoutClaim("iss"))},
		try{row: "9701-5-1", name: "signed answer for another service", during: signed(tokentest.Claim("aud", "another service"))},
		try{row: "9701-5-1", name: "signed answer for anyone", during: signed(tokentest.WithoutClaim("aud"))},
		try{row: "9701-5-1", name: "signed answer without a date", during: signed(tokentest.WithoutClaim("iat"))},
		try{row: "9701-5-1", name: "signed answer with a date in a string", during: signed(tokentest.Claim("iat", "1"))},
		try{row: "9701-5-2", name: "signed answer about nothing", during: signed(tokentest.WithoutClaim("token_introspection"))},
		try{row: "9701-5-2", name: "signed answer with active outside", during: signed(tokentest.EditDraft(besides))},
		try{row: "9701-5-2", name: "signed answer in a string", during: signed(tokentest.EditDraft(asText))},
		try{row: "9701-5-3", name: "signed answer with alg none", during: signed(tokentest.Header("alg", "none"), tokentest.Signature(func([]byte) []byte { return nil }))},
		try{row: "9701-5-3", name: "signed answer with alg HS256", during: signed(tokentest.Header("alg", "HS256"))},
		try{row: "9701-5-3", name: "answer signed by the attacker", during: signedByAnother},
		try{row: "9701-5-1", name: "an access token for an answer", why: "a token that its holder can read must not answer for others", during: accessTokenAsAnswer},
	)
	for n := range attacks {
		attacks[n].make = func(a *attacker) tokentest.Credentials { return a.bearer() }
	}
	return attacks
}

// signed has the issuer sign its answer with edits.
func signed(edits ...tokentest.Edit) func(*attacker) {
	return func(a *attacker) {
		a.answer(func(r tokentest.IntrospectionRequest, answer *tokentest.IntrospectionAnswer) {
			answer.Body = a.issuer.SignAnswer(r, answer.Said, edits...)
		})
	}
}

// signedByAnother has another key sign the answer, under the id of the issuer's.
func signedByAnother(a *attacker) {
	key := a.issuer.SigningKey()
	signed(tokentest.Key(a.issuer.ForeignKey(key.Algorithm, key.ID)))(a)
}

// unsigned answers as if nothing had been asked for.
func unsigned(a *attacker) {
	a.answer(func(_ tokentest.IntrospectionRequest, answer *tokentest.IntrospectionAnswer) {
		answer.Body = answer.Said
		answer.Header.Set("Content-Type", "application/json")
	})
}

// mislabelled is a good answer under the media type of a JWT of any kind.
func mislabelled(a *attacker) {
	a.answer(func(_ tokentest.IntrospectionRequest, answer *tokentest.IntrospectionAnswer) {
		answer.Header.Set("Content-Type", "application/jwt")
	})
}

// accessTokenAsAnswer has an access token with an answer in it.
func accessTokenAsAnswer(a *attacker) {
	a.answer(func(r tokentest.IntrospectionRequest, answer *tokentest.IntrospectionAnswer) {
		answer.Body = a.issuer.Token(tokentest.Audience(r.Client), tokentest.Claim("token_introspection", json.RawMessage(answer.Said)))
	})
}

// besides puts what is said about the token where the claims of the JWT are.
func besides(d *mint.Draft) {
	var said map[string]json.RawMessage
	_ = json.Unmarshal([]byte(mint.JSON(d.Claims.Get("token_introspection"))), &said)
	d.Claims.Remove("token_introspection")
	for name, value := range said {
		if name != "aud" && name != "iss" && name != "iat" {
			d.Claims.Set(name, value)
		}
	}
}

func asText(d *mint.Draft) {
	d.Claims.Set("token_introspection", mint.JSON(d.Claims.Get("token_introspection")))
}
