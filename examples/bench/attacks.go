package bench

import (
	"encoding/base64"
	"strings"
	"time"
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
	{"signature altered", true, signatureAltered},
	{"claims altered", true, claimsAltered},
	{"signed with another key", true, edited(func(i *Issuer, d *draft) { d.sign = i.signer(newKey(i.Algorithm)) })},
	{"alg none", true, edited(func(_ *Issuer, d *draft) {
		d.header["alg"] = "none"
		d.sign = func([]byte) []byte { return nil }
	})},
	{"HMAC with the public key", true, edited(func(i *Issuer, d *draft) {
		d.header["alg"] = "HS256"
		d.sign = i.hmacWithPublicKey
	})},
	{"expired", true, claim("exp", func() any { return time.Now().Add(-time.Hour).Unix() })},
	{"exp missing", true, without("exp")},
	{"not yet valid", true, claim("nbf", func() any { return time.Now().Add(time.Hour).Unix() })},
	{"another issuer", true, claim("iss", func() any { return "https://evil.example.com" })},
	{"iss missing", true, without("iss")},
	{"another audience", true, claim("aud", func() any { return "https://other.example.com" })},
	{"aud missing", true, without("aud")},
	{"sub missing", true, without("sub")},
	{"client_id missing", true, without("client_id")},
	{"jti missing", true, without("jti")},
	{"another scope", true, claim("scope", func() any { return "orders:readonly" })},
	{"kid unknown", false, header("kid", "2019-01-a")},
	{"typ of an ID token", false, header("typ", "JWT")},
	{"typ missing", false, edited(func(_ *Issuer, d *draft) { delete(d.header, "typ") })},
	{"unknown critical header", false, edited(func(_ *Issuer, d *draft) {
		d.header["crit"], d.header["example"] = []string{"example"}, true
	})},
	{"member name repeated", false, payload(func(claims string) string {
		return strings.Replace(claims, `{`, `{"sub":"admin",`, 1)
	})},
	{"member name in another case", false, payload(func(claims string) string {
		return strings.Replace(claims, `"scope":"orders:read`, `"scope":"none","SCOPE":"orders:read`, 1)
	})},
	{"bound to a key (cnf)", false, claim("cnf", func() any {
		return map[string]string{"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}
	})},
	{"signature in a second spelling", false, secondSpelling},
}

func edited(edit func(*Issuer, *draft)) func(*Issuer) string {
	return func(i *Issuer) string {
		d := i.draft()
		edit(i, d)
		return d.compact()
	}
}

func header(name string, value any) func(*Issuer) string {
	return edited(func(_ *Issuer, d *draft) { d.header[name] = value })
}

func claim(name string, value func() any) func(*Issuer) string {
	return edited(func(_ *Issuer, d *draft) { d.claims[name] = value() })
}

func without(name string) func(*Issuer) string {
	return edited(func(_ *Issuer, d *draft) { delete(d.claims, name) })
}

func payload(edit func(string) string) func(*Issuer) string {
	return edited(func(_ *Issuer, d *draft) {
		_, encoded, _ := cut(d.compact())
		d.payload = []byte(edit(string(must(base64.RawURLEncoding.DecodeString(encoded)))))
	})
}

func signatureAltered(i *Issuer) string {
	header, payload, signature := cut(i.Token(900))
	first := byte('A')
	if signature[0] == first {
		first = 'B'
	}
	return header + "." + payload + "." + string(first) + signature[1:]
}

func claimsAltered(i *Issuer) string {
	header, _, signature := cut(i.Token(900))
	_, payload, _ := cut(edited(func(_ *Issuer, d *draft) { d.claims["sub"] = "admin" })(i))
	return header + "." + payload + "." + signature
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
