package tokentest

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// record is what the issuer knows about an opaque token.
type record struct {
	answer string    // what the introspection endpoint says about it
	ends   time.Time // zero: when it was minted it had no end to come
}

// Opaque mints an access token that says nothing: only the issuer can tell what
// it stands for, at IntrospectionURL. Without edits it stands for what Token
// has in its claims, and it ends like that one.
//
// Edits are applied in order, to what the issuer will say about the token: the
// claims, and the members active and token_type. Claim("active", "true"),
// WithoutClaim("active") and RawPayload make answers that no service may
// believe. An edit of the header, the key or the signature changes nothing, and
// Compact edits the token itself, such as to give it a prefix. It panics if an
// edit cannot be carried out.
//
// A token that is minted with an exp in the past is answered with that, as a
// careless issuer does. The others become inactive at their exp.
func (i *Issuer) Opaque(edits ...Edit) string {
	d := i.newDraft("")
	claims := d.Claims
	d.Claims = nil
	d.Claims.Set("active", true)
	d.Claims = append(d.Claims, claims...)
	d.Claims.Set("token_type", "Bearer")
	i.describe(d)
	for _, e := range edits {
		e.apply(d)
	}
	if boundToKey(d) && d.Claims.Get("token_type") == "Bearer" {
		d.Claims.Set("token_type", "DPoP") // RFC 9449 §6.2
	}
	token, answer := d.MintOpaque(rand.Text())
	i.mu.Lock()
	defer i.mu.Unlock()
	i.opaque[token] = record{answer: answer, ends: endOf(answer, d.Now)}
	return token
}

// describe sets the claims of a good token.
func (i *Issuer) describe(d *mint.Draft) {
	d.Claims.Set("sub", "alice")
	Audience(i.options.Audience...).apply(d)
	d.Claims.Set("client_id", "test-client")
	setLifetime(d, i.options.Lifetime)
	d.Claims.Set("jti", rand.Text())
}

// boundToKey tells whether a token is for its owner's proofs alone.
func boundToKey(d *mint.Draft) bool {
	var cnf struct{ JKT string }
	return json.Unmarshal([]byte(mint.JSON(d.Claims.Get("cnf"))), &cnf) == nil && cnf.JKT != ""
}

// Revoke makes tokens inactive for the introspection endpoint, opaque ones and
// JWTs, from now on (RFC 7009). Services that verify JWTs themselves do not
// learn of it.
func (i *Issuer) Revoke(tokens ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, token := range tokens {
		i.revoked[token] = true
		delete(i.opaque, token)
	}
}

// inactive is all that is said about a token that is not good (RFC 7662 §2.2).
const inactive = `{"active":false}`

// said is what the issuer says about a token.
func (i *Issuer) said(token string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	r, known := i.opaque[token]
	switch {
	case i.revoked[token]:
		return inactive
	case !known:
		return i.saidOfJWT(token)
	case !r.ends.IsZero() && !i.Now().Before(r.ends):
		return inactive
	default:
		return r.answer
	}
}

// saidOfJWT is about a JWT, by its own claims if it is good and signed by a key
// that is published. It needs i.mu.
func (i *Issuer) saidOfJWT(token string) string {
	jwt, ok := mint.ParseSigned(token)
	if !ok {
		return inactive
	}
	n := i.indexOf(jwt.KeyID)
	if n < 0 || !jwt.By(mint.Key(i.published[n].own)) {
		return inactive
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal([]byte(jwt.Claims), &claims) != nil || endOf(jwt.Claims, i.Now()).IsZero() {
		return inactive
	}
	claims["active"], claims["token_type"] = json.RawMessage("true"), json.RawMessage(`"Bearer"`)
	return mint.JSON(claims)
}

// endOf is the exp of a token, or zero if it has none to come.
func endOf(answer string, now time.Time) time.Time {
	var token struct{ Exp json.Number }
	if json.Unmarshal([]byte(answer), &token) != nil {
		return time.Time{}
	}
	exp, err := token.Exp.Int64()
	if end := time.Unix(exp, 0); err == nil && end.After(now) {
		return end
	}
	return time.Time{}
}
