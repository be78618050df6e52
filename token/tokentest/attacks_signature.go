package tokentest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
	"strings"
)

// signatureAttacks carry a signature that is not the issuer's over this very
// token.
func signatureAttacks() []Attack {
	return group{
		name: "signature", want: refuseInvalid, reason: "signature",
		why: "without the issuer's signature every claim is the attacker's own (RFC 7515 §5.2, RFC 9068 §4)",
	}.attacks(
		try{row: "7515-5.2-1", name: "one bit flipped", edit: Signature(func(s []byte) []byte { s[len(s)/2] ^= 1; return s })},
		try{row: "8725-3.8-1", name: "by another key under the issuer's kid", edit: forgedUnderGoodID},
		try{row: "8725-3.8-1", name: "by another key under its own kid", edit: forged, reason: "unknown_key"},
		try{row: "7517-4.5-3", name: "by another key without kid", edit: Edits(forged, WithoutHeader("kid")), reason: "signature unknown_key"},
		try{row: "7515-5.2-2", name: "of another token", edit: otherClaims, why: "a signature that is taken from a good token must not carry other claims"},
		try{row: "7515-5.2-2", name: "of the token without an added header parameter", edit: otherHeader, why: "the header is signed too"},
		try{row: "7515-5.2-1", name: "cut by a byte", edit: Signature(func(s []byte) []byte { return s[:len(s)-1] })},
		try{row: "7515-5.2-1", name: "with a byte more", edit: Signature(func(s []byte) []byte { return append(s, 0) })},
		try{row: "7515-5.2-1", name: "with a zero byte in front", edit: Signature(func(s []byte) []byte { return append([]byte{0}, s...) })},
		try{row: "7515-5.2-1", name: "of a single byte", edit: Signature(func([]byte) []byte { return []byte{1} })},
		try{row: "7515-5.2-1", name: "in DER", edit: Signature(inDER), applies: signsECDSA},
		try{row: "7518-3.4-2", name: "all zero", edit: Signature(func(s []byte) []byte { clear(s); return s }), why: "a verifier that forgets to check the range takes zero for a signature of anything (CVE-2022-21449)"},
		try{row: "7518-3.4-2", name: "with R and S of the order of the curve", edit: outOfRange, applies: signsECDSA, why: "the order of the curve counts as zero where the range is not checked (CVE-2022-21449)"},
		try{row: "7518-3.1-1", name: "over another hash", edit: Edit{func(d *draft) { d.signWith = d.key.signOtherHash }}, why: "what is named is what must be verified, or the weakest hash decides"},
		try{row: "7518-3.5-1", name: "PSS with a salt of 20 bytes", edit: shortSalt, applies: signsPSS, why: "RFC 7518 §3.5 has the salt as long as the hash; anything else is not that algorithm"},
		try{row: "7517-4.4-1", name: "PKCS 1 instead of PSS by the same RSA key", edit: otherPadding, applies: signsPSS, reason: "signature algorithm", why: "one key, one algorithm (RFC 8725 §3.1)"},
		try{name: "of an expired token broken too", edit: Edits(expired, Signature(func(s []byte) []byte { s[0] ^= 1; return s })), why: "nothing about the claims may be told to who did not get them from the issuer"},
	)
}

// cacheAttacks follow a good token that has just been let in and have much in
// common with it.
func cacheAttacks() []Attack {
	follow := func(edits ...Edit) func(*forge) (good, attack Credentials) {
		return func(f *forge) (good, attack Credentials) {
			raw := f.token()
			return authorization("Bearer " + raw), authorization("Bearer " + f.token(Compact(replaceBy(raw)), Edits(edits...)))
		}
	}
	return group{
		name: "cache", want: refuseInvalid, reason: "signature",
		why: "a cache that knows a token by less than all of it lets in what was never verified",
	}.attacks(
		try{name: "signature of a token just let in, other claims", after: follow(otherClaims)},
		try{name: "header and claims of a token just let in, other signature", after: follow(Segments(func(h, p, s string) (string, string, string) {
			return h, p, encode(append([]byte{decode(s)[0] ^ 1}, decode(s)[1:]...))
		}))},
		try{name: "jti of a token just let in, by another key", after: func(f *forge) (good, attack Credentials) {
			jti := Claim("jti", rand.Text())
			return f.bearer(jti), f.bearer(jti, forgedUnderGoodID)
		}},
		try{row: "7515-2-3", name: "token just let in, spelled otherwise", reason: "malformed", applies: signatureHasSpareBits, after: follow(Segments(func(h, p, s string) (string, string, string) {
			return h, p, spareBits(s)
		}))},
	)
}

// otherClaims keeps the signature and changes who the token is about.
var otherClaims = Segments(func(header, payload, signature string) (string, string, string) {
	claims := strings.Replace(string(decode(payload)), `"sub":"`, `"sub":"x`, 1)
	return header, encode(claims + " "), signature
})

var otherHeader = Segments(func(header, payload, signature string) (string, string, string) {
	return encode(withMember(`"x":1`)(string(decode(header)))), payload, signature
})

func inDER(signature []byte) []byte {
	half := len(signature) / 2
	return must(asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]),
	}))
}

var outOfRange = Edit{func(d *draft) {
	curve := d.key.Private.Public().(*ecdsa.PublicKey).Curve.Params()
	d.signature.add(func(s []byte) []byte {
		curve.N.FillBytes(s[:len(s)/2])
		curve.N.FillBytes(s[len(s)/2:])
		return s
	})
}}

// signOtherHash signs by the same key and algorithm, but for the hash.
func (k SigningKey) signOtherHash(input []byte) []byte {
	a := algorithmNamed(k.Algorithm)
	if a.hash == 0 { // Ed25519ph (RFC 8032 §5.1), which is not Ed25519
		digest := algorithm{hash: crypto.SHA512}.digest(input)
		return must(k.Private.Sign(rand.Reader, digest, &ed25519.Options{Hash: crypto.SHA512}))
	}
	k.Algorithm = k.Algorithm[:2] + map[crypto.Hash]string{
		crypto.SHA256: "512", crypto.SHA384: "256", crypto.SHA512: "256",
	}[a.hash]
	return k.sign(input)
}

var shortSalt = Edit{func(d *draft) {
	d.signWith = func(input []byte) []byte {
		a := algorithmNamed(d.key.Algorithm)
		return must(d.key.Private.Sign(rand.Reader, a.digest(input), &rsa.PSSOptions{SaltLength: 20, Hash: a.hash}))
	}
}}

// otherPadding signs by the key of a PS algorithm as its RS algorithm does,
// and says so.
var otherPadding = Edit{func(d *draft) {
	k := d.key
	k.Algorithm = "RS" + k.Algorithm[2:]
	d.useKey(k)
}}
