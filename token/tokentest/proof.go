package tokentest

import (
	"crypto/rand"
	"encoding/json"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// BoundTo binds the token to a key, in addition to what its cnf claim binds it to
// already: cnf.jkt becomes the thumbprint of the key (RFC 9449 §6.1). A call with the
// token needs a Proof by that key. Issuer.ForeignKey makes keys for this.
func BoundTo(k SigningKey) Edit { return confirmed("jkt", k.Thumbprint()) }

// confirmed sets a member of cnf (RFC 7800 §3.1). A cnf that is no object is
// replaced.
func confirmed(method, value string) Edit {
	return Edit{func(d *mint.Draft) {
		var members map[string]any
		_ = json.Unmarshal([]byte(mint.JSON(d.Claims.Get("cnf"))), &members)
		if members == nil {
			members = map[string]any{}
		}
		members[method] = value
		d.Claims.Set("cnf", members)
	}}
}

// Proof mints a proof of possession for one call (RFC 9449 §4.2): by the key, for a
// method and a URL, which is POST and https://AUTHORITY/PACKAGE.SERVICE/METHOD over
// gRPC, and for the access token that it is sent with, if any. Without edits it is a
// good one, made now by the issuer's clock, with a jti of its own and without a
// nonce.
//
// Edits are applied in order. Those of keys and algorithms, such as Key and
// Algorithm, change what signs the proof and what it says of that, and not the
// member jwk of its header. Proof panics as Token does.
func (i *Issuer) Proof(k SigningKey, method, url, accessToken string, edits ...Edit) string {
	d := i.newDraft("dpop+jwt")
	d.UseKey(mint.Key(k))
	d.Header.Remove("kid")
	d.Header.Set("jwk", json.RawMessage(mint.Key(k).BareJWK()))
	d.Claims = nil
	d.Claims.Set("jti", rand.Text())
	d.Claims.Set("htm", method)
	d.Claims.Set("htu", url)
	d.Claims.Set("iat", d.Now.Unix())
	if accessToken != "" {
		d.Claims.Set("ath", mint.Hash(accessToken))
	}
	return mintWith(d, edits)
}

// Nonce sets the nonce of a proof, such as that of Answer.Nonce (RFC 9449 §9).
func Nonce(nonce string) Edit { return Claim("nonce", nonce) }
