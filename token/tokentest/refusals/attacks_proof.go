package refusals

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// proofKeyTries are signed by something else than the key in their header, which
// is that of the token.
func proofKeyTries() []try {
	none := tokentest.Signature(func([]byte) []byte { return nil })
	jwk := func(f func(k mint.Key) string) tokentest.Edit {
		return tokentest.EditDraft(func(d *mint.Draft) { d.Header.Set("jwk", json.RawMessage(f(d.Key))) })
	}
	return []try{
		edited("9449-4.3-5", "proof with alg none", tokentest.Header("alg", "none"), none),
		edited("9449-4.3-5", "proof with alg HS256 and the public key as its secret", hmacBy("HS256", func(k mint.Key) []byte { return []byte(k.BareJWK()) })),
		edited("9449-4.3-3", "proof without alg", tokentest.WithoutHeader("alg")),
		try{row: "9449-4.3-5", name: "proof with an algorithm that the service does not accept", make: func(a *attacker) tokentest.Credentials {
			key := a.issuer.ForeignKey(a.otherOfProofs(), "")
			raw := a.token(tokentest.BoundTo(key))
			return proven(raw, a.proofBy(key, raw))
		}}.ifTrue(func(a *attacker) bool { return a.otherOfProofs() != "" }),
		withProof("9449-4.3-6", "proof signed by the thief's key", func(a *attacker, raw string) []string {
			return []string{a.proof(raw, tokentest.SignWith(mint.Key(a.thief).Sign))}
		}),
		edited("9449-4.3-6", "proof without a signature", none),
		edited("9449-4.3-6", "proof with another signature", tokentest.Signature(func(s []byte) []byte { s[len(s)/2] ^= 1; return s })),
		withProof("9449-4.3-6", "proof with the signature of another one", func(a *attacker, raw string) []string {
			head, _ := cutLast(a.proof(raw))
			_, signature := cutLast(a.proof(raw))
			return []string{head + signature}
		}),
		edited("9449-4.3-3", "proof without jwk", tokentest.WithoutHeader("jwk")),
		edited("9449-4.3-3", "proof that names its key", tokentest.EditDraft(func(d *mint.Draft) { d.Header.Set("kid", d.Key.Thumbprint()) }), tokentest.WithoutHeader("jwk")),
		edited("9449-4.3-7", "proof with its private key", jwk(mint.Key.PrivateJWK)).because("a client that shows its private key has none (RFC 9449 §4.3)"),
		edited("9449-4.3-7", "proof with a symmetric key", jwk(func(mint.Key) string { return `{"kty":"oct","k":"c2VjcmV0"}` }),
			hmacBy("HS256", func(mint.Key) []byte { return []byte("secret") })),
	}
}

// otherOfProofs is an algorithm that the service does not accept for proofs, or "".
func (a *attacker) otherOfProofs() string {
	accepted := a.cfg.DPoP.Algorithms
	if accepted == nil {
		accepted = []string{"ES256", "PS256", "Ed25519", "EdDSA"}
	}
	for _, name := range []string{"ES384", "ES512", "ES256", "EdDSA"} {
		if !slices.Contains(accepted, name) {
			return name
		}
	}
	return ""
}

// proofClaimTries lack a claim or have it in another type.
func proofClaimTries() (tries []try) {
	for _, name := range []string{"jti", "htm", "htu", "iat", "ath"} {
		tries = append(tries, edited("9449-4.3-3", "proof without "+name, tokentest.WithoutClaim(name)))
	}
	return append(tries,
		edited("9449-4.3-3b", "jti of a proof is a number", tokentest.Claim("jti", 5)),
		edited("9449-4.3-3b", "jti of a proof is empty", tokentest.Claim("jti", "")),
		edited("9449-4.3-3b", "jti of a proof is long", tokentest.Claim("jti", strings.Repeat("j", 1000))).
			because("a service has to remember each jti, and the sender must not choose how much that takes (RFC 9449 §11.1)"),
		edited("9449-4.3-3b", "htm of a proof is an array", inArray("htm")),
		edited("9449-4.3-3b", "htu of a proof is an array", inArray("htu")),
		edited("9449-4.3-3b", "ath of a proof is an array", inArray("ath")),
		edited("9449-4.3-3b", "iat of a proof is a string", stringified("iat")),
	)
}

// proofTimeTries were made at another time than now, or so they say.
func proofTimeTries() []try {
	old := "a proof that was recorded long ago, or made for later, is one that its client no longer knows of (RFC 9449 §11.1, §11.2)"
	clock := func(a *attacker) bool { return !a.cfg.DPoP.NonceReplacesClock }
	at := func(d time.Duration) tokentest.Edit { return fromNow("iat", d) }
	nonces := func(a *attacker) bool { return a.nonce != "" }
	fresh := func(t try) try {
		return t.refusedAs(refuseNonce, "nonce").ifTrue(nonces).because("a nonce that anyone can make does not say when a proof was made (RFC 9449 §8)")
	}
	return []try{
		edited("9449-4.3-11", "proof of ten minutes ago", at(-10*time.Minute)).refusedAs(refuseProof, "proof_stale").ifTrue(clock).because(old),
		edited("9449-4.3-11", "proof of the next hour", at(time.Hour)).refusedAs(refuseProof, "proof_stale").ifTrue(clock).because(old),
		edited("9449-4.3-11", "iat of a proof in milliseconds", tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set("iat", d.Now.UnixMilli()) })).
			refusedAs(refuseProof, "proof_stale proof").ifTrue(clock).because(old),
		fresh(edited("9449-4.3-10", "proof without a nonce", tokentest.WithoutClaim("nonce"))),
		fresh(edited("9449-4.3-10", "proof with a nonce of another fleet", renonced(func(n string) string { return strings.Repeat("A", len(n)) }))),
		fresh(edited("9449-4.3-10", "proof with a nonce and more", renonced(suffix("A")))),
		fresh(edited("9449-4.3-10", "proof with a nonce changed in the middle", renonced(func(n string) string {
			other := "A"
			if n[len(n)/2] == 'A' {
				other = "B"
			}
			return n[:len(n)/2] + other + n[len(n)/2+1:]
		}))),
	}
}

func renonced(f func(nonce string) string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		nonce, _ := d.Claims.Get("nonce").(string)
		d.Claims.Set("nonce", f(nonce))
	})
}
