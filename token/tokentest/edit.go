package tokentest

import (
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Edit changes one thing about a token before, while or after it is signed. The
// header and the claims are signed as edited: the token is otherwise as good as
// before, so that a test with it exercises one check alone. The zero Edit
// changes nothing. Edits may be used any number of times and concurrently.
type Edit struct{ edit func(*mint.Draft) }

func (e Edit) apply(d *mint.Draft) {
	if e.edit != nil {
		e.edit(d)
	}
}

// Edits is several edits in one, applied in order.
func Edits(edits ...Edit) Edit {
	return Edit{func(d *mint.Draft) {
		for _, e := range edits {
			e.apply(d)
		}
	}}
}

// Claim sets a claim to what encoding/json makes of value. A value of type
// json.RawMessage goes in byte for byte, even if it is not JSON.
func Claim(name string, value any) Edit {
	return Edit{func(d *mint.Draft) { d.Claims.Set(name, value) }}
}

// WithoutClaim leaves a claim out.
func WithoutClaim(name string) Edit {
	return Edit{func(d *mint.Draft) { d.Claims.Remove(name) }}
}

// Subject sets sub: the user that the client acts for.
func Subject(sub string) Edit { return Claim("sub", sub) }

// ClientID sets client_id, or the claim that Shaped has put in its place: the
// client that the token was issued to.
func ClientID(id string) Edit {
	return Edit{func(d *mint.Draft) { d.Claims.Set(d.ClientIDClaim, id) }}
}

// ClientCredentials makes the client act on its own behalf, with no user
// behind the token: sub becomes the client id (RFC 9068 §5). For issuers
// that show it in another way see Marked.
func ClientCredentials() Edit {
	return Edit{func(d *mint.Draft) { d.Claims.Set("sub", d.Claims.Get(d.ClientIDClaim)) }}
}

// Scope sets the scope claim to these scopes in place of those it had: as one
// string, separated by spaces, unless Shaped says otherwise. Without any it
// leaves the claim out.
func Scope(scopes ...string) Edit {
	return Edit{func(d *mint.Draft) {
		if len(scopes) == 0 {
			d.RemoveScopes()
			return
		}
		d.SetScopes(scopes...)
	}}
}

// Audience sets aud, or the claim that Shaped has put in its place: a string if
// there is one, and otherwise an array.
func Audience(audience ...string) Edit {
	return Edit{func(d *mint.Draft) {
		if len(audience) == 1 {
			d.Claims.Set(d.AudienceClaim, audience[0])
			return
		}
		d.Claims.Set(d.AudienceClaim, append([]string{}, audience...))
	}}
}

// ExpiresIn sets exp to d from now. Negative: the token has expired. Fractions
// of a second are cut off from the resulting time.
func ExpiresIn(d time.Duration) Edit {
	return Edit{func(t *mint.Draft) { t.Claims.Set("exp", t.Now.Add(d).Unix()) }}
}

// IssuedAt sets iat. The claim exp stays as it is.
func IssuedAt(at time.Time) Edit { return Claim("iat", at.Unix()) }

// NotBefore sets nbf.
func NotBefore(at time.Time) Edit { return Claim("nbf", at.Unix()) }

// ACR sets acr: how the user authenticated (RFC 9470 §6).
func ACR(acr string) Edit { return Claim("acr", acr) }

// AuthenticatedAgo sets auth_time to d before now: when the user authenticated
// (RFC 9470 §6). Negative: in the future. Fractions of a second are cut off from
// the resulting time.
func AuthenticatedAgo(d time.Duration) Edit {
	return Edit{func(t *mint.Draft) { t.Claims.Set("auth_time", t.Now.Add(-d).Unix()) }}
}

// Header sets a header parameter, as Claim sets a claim. It does not change
// how the token is signed; see Algorithm and Key.
func Header(name string, value any) Edit {
	return Edit{func(d *mint.Draft) { d.Header.Set(name, value) }}
}

// WithoutHeader leaves a header parameter out.
func WithoutHeader(name string) Edit {
	return Edit{func(d *mint.Draft) { d.Header.Remove(name) }}
}

// Type sets the header parameter typ: what kind of token this is.
func Type(typ string) Edit { return Header("typ", typ) }

// Algorithm signs with the issuer's key for another algorithm, one of RS256,
// RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA and Ed25519,
// and sets alg and kid accordingly. An issuer that has no such key yet makes
// and publishes one.
func Algorithm(name string) Edit {
	return Edit{func(d *mint.Draft) { d.UseKey(d.KeyFor(name)) }}
}

// Key signs with k, whether or not the issuer publishes it, and sets alg and
// kid accordingly.
func Key(k SigningKey) Edit {
	return Edit{func(d *mint.Draft) { d.UseKey(mint.Key(k)) }}
}

// RawHeader replaces the whole header by this text. The token is signed with
// the same key as without it, even if the text says otherwise.
func RawHeader(text string) Edit { return HeaderText(replaceBy(text)) }

// RawPayload replaces the whole payload by this text.
func RawPayload(text string) Edit { return PayloadText(replaceBy(text)) }

// HeaderText edits the text of the header, such as to repeat a member.
func HeaderText(f func(text string) string) Edit {
	return Edit{func(d *mint.Draft) { d.HeaderText.Add(f) }}
}

// PayloadText edits the text of the payload.
func PayloadText(f func(text string) string) Edit {
	return Edit{func(d *mint.Draft) { d.PayloadText.Add(f) }}
}

// HeaderSegment edits the header as it is encoded, before it is signed.
func HeaderSegment(f func(segment string) string) Edit {
	return Edit{func(d *mint.Draft) { d.HeaderSegment.Add(f) }}
}

// PayloadSegment edits the payload as it is encoded, before it is signed.
func PayloadSegment(f func(segment string) string) Edit {
	return Edit{func(d *mint.Draft) { d.PayloadSegment.Add(f) }}
}

// SignWith makes the signature by f from the JWS signing input: the encoded
// header, a dot, and the encoded payload (RFC 7515 §5.1).
func SignWith(f func(input []byte) (signature []byte)) Edit {
	return Edit{func(d *mint.Draft) { d.SignWith = f }}
}

// Signature edits the finished signature.
func Signature(f func(signature []byte) []byte) Edit {
	return Edit{func(d *mint.Draft) { d.Signature.Add(f) }}
}

// Segments edits the three encoded parts of the finished token. An opaque token
// has none.
func Segments(f func(header, payload, signature string) (string, string, string)) Edit {
	return Compact(func(compact string) string {
		parts := strings.SplitN(compact, ".", 3)
		if len(parts) < 3 {
			return compact
		}
		header, payload, signature := f(parts[0], parts[1], parts[2])
		return header + "." + payload + "." + signature
	})
}

// Compact edits the finished token.
func Compact(f func(compact string) string) Edit {
	return Edit{func(d *mint.Draft) { d.Compact.Add(f) }}
}

// EditDraft is for the packages below this one, which edit what no other Edit
// reaches.
func EditDraft(f func(*mint.Draft)) Edit { return Edit{f} }

func replaceBy(text string) func(string) string {
	return func(string) string { return text }
}
