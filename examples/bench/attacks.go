package bench

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// Attack is a token that must open no door.
type Attack struct {
	Name string
	// Everyone says that every peer refuses it, as set up here. Otherwise it
	// is something that not all of them look at.
	Everyone bool
	make     func(*Issuer) string
}

// Token mints the bad token.
func (a Attack) Token(i *Issuer) string { return a.make(i) }

// Attacks are what correctness is tested by. A peer that let one of the first
// kind in would be measured for doing less than it claims.
var Attacks = []Attack{
	{"no token at all", true, func(*Issuer) string { return "" }},
	{"not three parts", true, func(i *Issuer) string { return strings.Replace(i.Token(900), ".", "", 1) }},
	{"signature altered", true, edited(tokentest.Signature(func(s []byte) []byte { s[0] ^= 1; return s }))},
	{"claims altered", true, edited(tokentest.Segments(claimsAltered))},
	{"signed with another key", true, func(i *Issuer) string {
		return i.mint(tokentest.Key(i.issuer.ForeignKey(i.Algorithm, i.issuer.SigningKey().ID)))
	}},
	{"alg none", true, edited(tokentest.Header("alg", "none"), tokentest.Signature(func([]byte) []byte { return nil }))},
	{"HMAC with the public key", true, func(i *Issuer) string {
		return i.mint(tokentest.Header("alg", "HS256"), tokentest.SignWith(i.hmacWithPublicKey))
	}},
	{"expired", true, edited(tokentest.ExpiresIn(-time.Hour))},
	{"exp missing", true, edited(tokentest.WithoutClaim("exp"))},
	{"not yet valid", true, func(i *Issuer) string { return i.mint(tokentest.NotBefore(time.Now().Add(time.Hour))) }},
	{"another issuer", true, edited(tokentest.Claim("iss", "https://evil.example.com"))},
	{"iss missing", true, edited(tokentest.WithoutClaim("iss"))},
	{"another audience", true, edited(tokentest.Audience("https://other.example.com"))},
	{"aud missing", true, edited(tokentest.WithoutClaim("aud"))},
	{"sub missing", true, edited(tokentest.WithoutClaim("sub"))},
	{"client_id missing", true, edited(tokentest.WithoutClaim("client_id"))},
	{"jti missing", true, edited(tokentest.WithoutClaim("jti"))},
	{"another scope", true, edited(tokentest.Scope("orders:readonly"))},
	{"kid unknown", false, edited(tokentest.Header("kid", "2019-01-a"))},
	{"typ of an ID token", false, edited(tokentest.Type("JWT"))},
	{"typ missing", false, edited(tokentest.WithoutHeader("typ"))},
	{"unknown critical header", false, edited(
		tokentest.Header("crit", []string{"example"}), tokentest.Header("example", true))},
	{"member name repeated", false, edited(replaced(`{`, `{"sub":"admin",`))},
	{"member name in another case", false, edited(replaced(`"scope":"orders:read`, `"scope":"none","SCOPE":"orders:read`))},
	{"bound to a key (cnf)", false, edited(tokentest.Claim("cnf",
		map[string]string{"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}))},
	{"signature in a second spelling", false, secondSpelling},
}

func edited(edits ...tokentest.Edit) func(*Issuer) string {
	return func(i *Issuer) string { return i.mint(edits...) }
}

// replaced changes the text of the claims before it is signed.
func replaced(old, by string) tokentest.Edit {
	return tokentest.PayloadText(func(claims string) string { return strings.Replace(claims, old, by, 1) })
}

// claimsAltered keeps the signature.
func claimsAltered(header, payload, signature string) (string, string, string) {
	claims := string(must(base64.RawURLEncoding.DecodeString(payload)))
	claims = strings.Replace(claims, `"sub":"`, `"sub":"x`, 1)
	return header, base64.RawURLEncoding.EncodeToString([]byte(claims)), signature
}

// hmacWithPublicKey signs with a secret that everyone knows: the public key,
// for services that let the token choose the algorithm.
func (i *Issuer) hmacWithPublicKey(input []byte) []byte {
	der := must(x509.MarshalPKIXPublicKey(i.current.Public()))
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write(input)
	return mac.Sum(nil)
}

// secondSpelling sets a bit of the last character that carries no data, so
// that one signature has two texts and a deny list of texts misses one. The
// signatures of all algorithms here end in such a character.
func secondSpelling(i *Issuer) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	raw := i.Token(900)
	last := strings.IndexByte(alphabet, raw[len(raw)-1])
	return raw[:len(raw)-1] + string(alphabet[last|1])
}
