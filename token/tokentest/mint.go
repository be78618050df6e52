package tokentest

import (
	"crypto/rand"
	"time"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Token mints an access token (RFC 9068). Without edits it is a good one: of
// this issuer, for its audience, issued now, good for Options.Lifetime, for
// subject "alice" and client "test-client", without scopes, with a jti of its
// own, signed with the issuer's current key.
//
// Edits are applied in order. Token panics if an edit cannot be carried out,
// such as a claim that is not JSON.
func (i *Issuer) Token(edits ...Edit) string {
	d := i.newDraft("at+jwt")
	i.describe(d)
	return mintWith(d, edits)
}

// IDToken mints an ID token (OpenID Connect Core §2) for client "test-client".
// It is as well signed as an access token and must open no door: it tells a
// client who signed in. Edits are applied as in Token.
func (i *Issuer) IDToken(edits ...Edit) string {
	d := i.newDraft("JWT")
	d.Claims.Set("sub", "alice")
	d.Claims.Set("aud", "test-client")
	setLifetime(d, i.options.Lifetime)
	d.Claims.Set("auth_time", d.Now.Unix())
	d.Claims.Set("nonce", rand.Text())
	return mintWith(d, edits)
}

func (i *Issuer) newDraft(typ string) *mint.Draft {
	d := &mint.Draft{Now: i.Now(), Attacker: i.attacker, AudienceClaim: "aud", ClientIDClaim: "client_id", ScopePath: []string{"scope"}}
	d.KeyFor = func(algorithm string) mint.Key { return mint.Key(i.keyFor(algorithm)) }
	d.Header.Set("typ", typ)
	d.UseKey(mint.Key(i.SigningKey()))
	d.Claims.Set("iss", i.identifier)
	return d
}

func setLifetime(d *mint.Draft, lifetime time.Duration) {
	d.Claims.Set("iat", d.Now.Unix())
	d.Claims.Set("exp", d.Now.Add(lifetime).Unix())
}

func mintWith(d *mint.Draft, edits []Edit) string {
	for _, e := range edits {
		e.apply(d)
	}
	return d.Mint()
}
