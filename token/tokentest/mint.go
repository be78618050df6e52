package tokentest

import (
	"crypto/rand"
	"time"
)

// Token mints an access token (RFC 9068). Without edits it is a good one: of
// this issuer, for its audience, issued now, good for Options.Lifetime, for
// subject "alice" and client "test-client", without scopes, with a jti of its
// own, signed with the issuer's current key.
//
// Edits are applied in order. Token panics if an edit cannot be carried out,
// such as a claim that is no JSON.
func (i *Issuer) Token(edits ...Edit) string {
	d := i.newDraft("at+jwt")
	d.claims.set("sub", "alice")
	Audience(i.audience()...).apply(d)
	d.claims.set("client_id", "test-client")
	d.setLifetime(i.lifetime())
	d.claims.set("jti", rand.Text())
	return d.mint(edits)
}

// IDToken mints an ID token (OpenID Connect Core §2) for client "test-client".
// It is as well signed as an access token and must open no door: it tells a
// client who signed in. Edits are applied as in Token.
func (i *Issuer) IDToken(edits ...Edit) string {
	d := i.newDraft("JWT")
	d.claims.set("sub", "alice")
	d.claims.set("aud", "test-client")
	d.setLifetime(i.lifetime())
	d.claims.set("auth_time", d.now.Unix())
	d.claims.set("nonce", rand.Text())
	return d.mint(edits)
}

// draft is a token that is being made.
type draft struct {
	issuer *Issuer
	now    time.Time
	header members
	claims members
	key    SigningKey

	headerText     chain[string]
	payloadText    chain[string]
	headerSegment  chain[string]
	payloadSegment chain[string]
	signWith       func(input []byte) []byte // nil: key signs
	signature      chain[[]byte]
	compact        chain[string]
}

func (i *Issuer) newDraft(typ string) *draft {
	d := &draft{issuer: i, now: i.Now()}
	d.header.set("typ", typ)
	d.useKey(i.SigningKey())
	d.claims.set("iss", i.identifier)
	return d
}

// useKey signs with k and says so in the header.
func (d *draft) useKey(k SigningKey) {
	d.key = k
	d.header.set("alg", k.Algorithm)
	if k.ID == "" {
		d.header.remove("kid")
		return
	}
	d.header.set("kid", k.ID)
}

func (d *draft) setLifetime(lifetime time.Duration) {
	d.claims.set("iat", d.now.Unix())
	d.claims.set("exp", d.now.Add(lifetime).Unix())
}

func (d *draft) mint(edits []Edit) string {
	for _, e := range edits {
		e.apply(d)
	}
	header := d.headerSegment.run(encode(d.headerText.run(d.header.text())))
	payload := d.payloadSegment.run(encode(d.payloadText.run(d.claims.text())))
	signature := d.signature.run(d.sign([]byte(header + "." + payload)))
	return d.compact.run(header + "." + payload + "." + encode(signature))
}

func (d *draft) sign(input []byte) []byte {
	if d.signWith != nil {
		return d.signWith(input)
	}
	return d.key.sign(input)
}

// chain is functions that each work on what the one before made.
type chain[T any] []func(T) T

func (c *chain[T]) add(f func(T) T) { *c = append(*c, f) }

func (c chain[T]) run(value T) T {
	for _, f := range c {
		value = f(value)
	}
	return value
}
