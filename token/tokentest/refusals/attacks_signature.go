package refusals

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// signatureAttacks carry a signature that is not the issuer's over this very
// token.
func signatureAttacks() []Attack {
	return group{
		name: "signature", want: refuseInvalid, reason: "signature",
		why: "without the issuer's signature every claim is the attacker's own (RFC 7515 §5.2, RFC 9068 §4)",
	}.attacks(
		try{row: "7515-5.2-1", name: "one bit flipped", edit: tokentest.Signature(func(s []byte) []byte { s[len(s)/2] ^= 1; return s })},
		try{row: "8725-3.8-1", name: "by another key under the issuer's kid", edit: forgedUnderGoodID},
		try{row: "8725-3.8-1", name: "by another key under its own kid", edit: forged, reason: "unknown_key"},
		try{row: "7517-4.5-3", name: "by another key without kid", edit: tokentest.Edits(forged, tokentest.WithoutHeader("kid")), reason: "signature unknown_key"},
		try{row: "7515-5.2-2", name: "of another token", edit: otherClaims, why: "a signature that is taken from a good token must not carry other claims"},
		try{row: "7515-5.2-2", name: "of the token without an added header parameter", edit: otherHeader, why: "the header is signed too"},
		try{row: "7515-5.2-1", name: "cut by a byte", edit: tokentest.Signature(func(s []byte) []byte { return s[:len(s)-1] })},
		try{row: "7515-5.2-1", name: "with a byte more", edit: tokentest.Signature(func(s []byte) []byte { return append(s, 0) })},
		try{row: "7515-5.2-1", name: "with a zero byte in front", edit: tokentest.Signature(func(s []byte) []byte { return append([]byte{0}, s...) })},
		try{row: "7515-5.2-1", name: "of a single byte", edit: tokentest.Signature(func([]byte) []byte { return []byte{1} })},
		try{row: "7515-5.2-1", name: "in DER", edit: tokentest.Signature(inDER), applies: signsECDSA},
		try{row: "7518-3.4-2", name: "all zero", edit: tokentest.Signature(func(s []byte) []byte { clear(s); return s }), why: "a verifier that forgets to check the range takes zero for a signature of anything (CVE-2022-21449)"},
		try{row: "7518-3.4-2", name: "with R and S of the order of the curve", edit: outOfRange, applies: signsECDSA, why: "the order of the curve counts as zero where the range is not checked (CVE-2022-21449)"},
		try{row: "7518-3.1-1", name: "over another hash", edit: tokentest.EditDraft(func(d *mint.Draft) { d.SignWith = func(input []byte) []byte { return signOtherHash(d.Key, input) } }), why: "the named hash must be the one that is verified, or the weakest one decides"},
		try{row: "7518-3.5-1", name: "PSS with a salt of 20 bytes", edit: shortSalt, applies: signsPSS, why: "RFC 7518 §3.5 has the salt as long as the hash; anything else is not that algorithm"},
		try{row: "7517-4.4-1", name: "PKCS 1 instead of PSS by the same RSA key", edit: otherPadding, applies: signsPSS, reason: "signature algorithm", why: "one key, one algorithm (RFC 8725 §3.1)"},
		try{name: "of an expired token broken too", edit: tokentest.Edits(expired, tokentest.Signature(func(s []byte) []byte { s[0] ^= 1; return s })), why: "nothing about the claims may be told to a caller who did not get them from the issuer"},
	)
}

// cacheAttacks follow a good token that has just been let in and have much in
// common with it.
func cacheAttacks() []Attack {
	follow := func(edits ...tokentest.Edit) func(*attacker) (good, attack tokentest.Credentials) {
		return func(a *attacker) (good, attack tokentest.Credentials) {
			raw := a.token()
			return authorization("Bearer " + raw), authorization("Bearer " + a.token(tokentest.Compact(replaceBy(raw)), tokentest.Edits(edits...)))
		}
	}
	return group{
		name: "cache", want: refuseInvalid, reason: "signature",
		why: "a cache that knows a token by less than all of it lets in what was never verified",
	}.attacks(
		try{name: "signature of a token just let in, other claims", after: follow(otherClaims)},
		try{name: "header and claims of a token just let in, other signature", after: follow(tokentest.Segments(func(h, p, s string) (string, string, string) {
			return h, p, mint.Encode(append([]byte{mint.Decode(s)[0] ^ 1}, mint.Decode(s)[1:]...))
		}))},
		try{name: "jti of a token just let in, by another key", after: func(a *attacker) (good, attack tokentest.Credentials) {
			jti := tokentest.Claim("jti", rand.Text())
			return a.bearer(jti), a.bearer(jti, forgedUnderGoodID)
		}},
		try{row: "7515-2-3", name: "token just let in, spelled otherwise", reason: "malformed", applies: signatureHasSpareBits, after: follow(tokentest.Segments(func(h, p, s string) (string, string, string) {
			return h, p, spareBits(s)
		}))},
	)
}

// otherClaims keeps the signature and changes who the token is about.
var otherClaims = tokentest.Segments(func(header, payload, signature string) (string, string, string) {
	claims := strings.Replace(string(mint.Decode(payload)), `"sub":"`, `"sub":"x`, 1)
	return header, mint.Encode(claims + " "), signature
})

var otherHeader = tokentest.Segments(func(header, payload, signature string) (string, string, string) {
	return mint.Encode(withMember(`"x":1`)(string(mint.Decode(header)))), payload, signature
})

func inDER(signature []byte) []byte {
	half := len(signature) / 2
	return mint.Must(asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]),
	}))
}

var outOfRange = tokentest.EditDraft(func(d *mint.Draft) {
	curve := d.Key.Private.Public().(*ecdsa.PublicKey).Curve.Params()
	d.Signature.Add(func(s []byte) []byte {
		curve.N.FillBytes(s[:len(s)/2])
		curve.N.FillBytes(s[len(s)/2:])
		return s
	})
})

// signOtherHash signs by the same key and algorithm, but for the hash.
func signOtherHash(k mint.Key, input []byte) []byte {
	a := mint.AlgorithmNamed(k.Algorithm)
	if a.Hash == 0 { // Ed25519ph (RFC 8032 §5.1), which is not Ed25519
		digest := mint.Algorithm{Hash: crypto.SHA512}.Digest(input)
		return mint.Must(k.Private.Sign(rand.Reader, digest, &ed25519.Options{Hash: crypto.SHA512}))
	}
	k.Algorithm = k.Algorithm[:2] + map[crypto.Hash]string{
		crypto.SHA256: "512", crypto.SHA384: "256", crypto.SHA512: "256",
	}[a.Hash]
	return k.Sign(input)
}

var shortSalt = tokentest.EditDraft(func(d *mint.Draft) {
	d.SignWith = func(input []byte) []byte {
		a := mint.AlgorithmNamed(d.Key.Algorithm)
		return mint.Must(d.Key.Private.Sign(rand.Reader, a.Digest(input), &rsa.PSSOptions{SaltLength: 20, Hash: a.Hash}))
	}
})

// otherPadding signs by the key of a PS algorithm as its RS algorithm does,
// and says so.
var otherPadding = tokentest.EditDraft(func(d *mint.Draft) {
	k := d.Key
	k.Algorithm = "RS" + k.Algorithm[2:]
	d.UseKey(k)
})
