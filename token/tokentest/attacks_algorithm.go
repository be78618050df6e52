package tokentest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
)

// algorithmAttacks say in the header that the token is signed otherwise than
// the service allows.
func algorithmAttacks() []Attack {
	none := "a token that says it is not signed must not be believed (CVE-2015-9235, RFC 8725 §2.1, RFC 9068 §4)"
	unsigned := Signature(func([]byte) []byte { return nil })
	return group{
		name: "algorithm", want: refuseInvalid, reason: "algorithm",
		why: "the attacker must not choose how the token is verified (RFC 8725 §3.1, RFC 7515 §4.1.1)",
	}.attacks(
		try{row: "7515-4.1.1-2", name: "alg none, empty signature", edit: Edits(Header("alg", "none"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg None, empty signature", edit: Edits(Header("alg", "None"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg NONE, empty signature", edit: Edits(Header("alg", "NONE"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg nOnE, empty signature", edit: Edits(Header("alg", "nOnE"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg none with some signature", edit: Edits(Header("alg", "none"), Signature(func([]byte) []byte { return []byte("signed") })), why: none},
		try{row: "7515-4.1.1-2", name: "alg none with the good signature", edit: Header("alg", "none"), why: none},
		try{row: "7515-4.1.1-1", name: "alg missing", edit: WithoutHeader("alg")},
		try{row: "7515-4.1.1-1", name: "alg is an array", edit: wrapped("alg")},
		try{row: "7515-4.1.1-1", name: "alg is null", edit: Header("alg", nil)},
		try{row: "7515-4.1.1-1", name: "alg is empty", edit: Header("alg", "")},
		try{row: "7515-4.1.1-1", name: "alg in the other case", edit: reheader("alg", swapCase)},
		try{row: "7515-4.1.1-1", name: "alg with a space", edit: reheader("alg", suffix(" "))},
		try{row: "7515-4.1.1-1", name: "alg unknown", edit: Header("alg", "XX256")},
		try{row: "8725-3.2-1", name: "alg RS1", edit: Header("alg", "RS1")},
		try{row: "8725-3.2-1", name: "alg ES256K", edit: Header("alg", "ES256K")},
		try{row: "9864-2.2-2", name: "alg Ed448", edit: Header("alg", "Ed448")},
		try{row: "7515-4-3", name: "ALG instead of alg", edit: Edits(WithoutHeader("alg"), copied("ALG"))},
		try{row: "7515-4.1.1-1", name: "alg that the service does not accept, by a published key", applies: signsOtherwise, make: byOtherAlgorithm},
	)
}

// confusionAttacks have an HMAC whose secret is something public, for services
// that verify HMAC with whatever key they hold.
func confusionAttacks() []Attack {
	g := group{
		name: "confusion", want: refuseInvalid, reason: "algorithm",
		why: "a public key that is taken for an HMAC secret is a secret that everybody knows (CVE-2015-9235, RFC 8725 §2.1, §3.1)",
	}
	row := "7518-3.2-3"
	return g.attacks(
		try{row: row, name: "HS256 with the public key in PEM", edit: hmacBy("HS256", publicPEM)},
		try{row: row, name: "HS256 with the public key in PEM without its last line break", edit: hmacBy("HS256", func(k SigningKey) []byte { return trimmed(publicPEM(k)) })},
		try{row: row, name: "HS384 with the public key in PEM", edit: hmacBy("HS384", publicPEM)},
		try{row: row, name: "HS512 with the public key in PEM", edit: hmacBy("HS512", publicPEM)},
		try{row: row, name: "HS256 with the public key in DER", edit: hmacBy("HS256", publicDER)},
		try{row: row, name: "HS256 with the public key as JWK", edit: hmacBy("HS256", func(k SigningKey) []byte { return []byte(k.JWK()) })},
		try{row: row, name: "HS256 with the bytes of the public key", edit: hmacBy("HS256", publicBytes)},
		try{row: row, name: "HS256 with the encoded bytes of the public key", edit: hmacBy("HS256", func(k SigningKey) []byte { return []byte(encode(publicBytes(k))) })},
		try{row: row, name: "HS256 with the RSA public key in PKCS 1", edit: hmacBy("HS256", publicPKCS1), applies: signsRSA},
		try{row: row, name: "HS256 with the key id", edit: hmacBy("HS256", func(k SigningKey) []byte { return []byte(k.ID) })},
		try{row: row, name: "HS256 with an empty secret", edit: hmacBy("HS256", func(SigningKey) []byte { return nil })},
	)
}

// criticalAttacks demand extensions of JWS (RFC 7515 §4.1.11).
func criticalAttacks() []Attack {
	crit := func(value any) Edit { return Header("crit", value) }
	return group{
		name: "critical", want: refuseInvalid, reason: "critical",
		why: "an extension that is marked critical changes what the token means; who does not understand it must refuse (RFC 7515 §4.1.11)",
	}.attacks(
		try{row: "7515-4.1.11-1", name: "crit names an extension nobody knows", edit: Edits(crit([]string{"urn:example:ext"}), Header("urn:example:ext", true))},
		try{row: "7515-4.1.11-1", name: "crit names exp", edit: Edits(crit([]string{"exp"}), Header("exp", 0))},
		try{row: "7515-4.1.11-1", name: "crit names b64", edit: Edits(crit([]string{"b64"}), Header("b64", true))},
		try{row: "7515-4.1.11-2", name: "crit is empty", edit: crit([]string{})},
		try{row: "7515-4.1.11-2", name: "crit is a string", edit: crit("b64")},
		try{row: "7515-4.1.11-2", name: "crit is an array of numbers", edit: crit([]int{1})},
		try{row: "7515-4.1.11-2", name: "crit is null", edit: crit(nil)},
		try{row: "7515-4.1.11-3", name: "crit names what is absent", edit: crit([]string{"foo"})},
		try{row: "7515-4.1.11-3", name: "crit names b64, which is absent", edit: crit([]string{"b64"})},
		try{row: "7515-4.1.11-3", name: "crit names alg", edit: crit([]string{"alg"})},
		try{row: "7515-4.1.11-3", name: "crit names one extension twice", edit: Edits(crit([]string{"x", "x"}), Header("x", 1))},
		try{row: "7797-7-1", name: "b64 false, signed over the payload as it is", edit: unencoded(nil), why: "what is signed and what is read differ (RFC 7797 §7 forbids it in a JWT)"},
		try{row: "7797-7-1", name: "b64 false and critical, signed over the payload as it is", edit: unencoded([]string{"b64"}), why: "what is signed and what is read differ (RFC 7797 §7 forbids it in a JWT)"},
		try{row: "7797-7-1", name: "b64 true", edit: Header("b64", true)},
	)
}

// reheader changes a header parameter that is a string.
func reheader(name string, f func(string) string) Edit {
	return Edit{func(d *draft) { d.header.set(name, f(d.header.get(name).(string))) }}
}

// wrapped makes a header parameter an array of what it was.
func wrapped(name string) Edit {
	return Edit{func(d *draft) { d.header.set(name, []any{d.header.get(name)}) }}
}

// copied puts the name of the algorithm in a parameter of another name.
func copied(name string) Edit {
	return Edit{func(d *draft) { d.header.set(name, d.key.Algorithm) }}
}

func swapCase(s string) string {
	if lower := strings.ToLower(s); lower != s {
		return lower
	}
	return strings.ToUpper(s)
}

// unencoded signs over the payload without its encoding.
func unencoded(critical []string) Edit {
	return Edit{func(d *draft) {
		d.header.set("b64", false)
		if critical != nil {
			d.header.set("crit", critical)
		}
		d.signWith = func(input []byte) []byte {
			header, payload, _ := strings.Cut(string(input), ".")
			return d.key.sign(append([]byte(header+"."), decode(payload)...))
		}
	}}
}

// hmacBy signs by HMAC with a secret made from the key that verifies.
func hmacBy(name string, secret func(SigningKey) []byte) Edit {
	hash := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}[name]
	return Edit{func(d *draft) {
		d.header.set("alg", name)
		key := secret(d.key)
		d.signWith = func(input []byte) []byte {
			mac := hmac.New(hash.New, key)
			mac.Write(input)
			return mac.Sum(nil)
		}
	}}
}

func publicDER(k SigningKey) []byte { return must(x509.MarshalPKIXPublicKey(k.Private.Public())) }

func publicPEM(k SigningKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER(k)})
}

func publicPKCS1(k SigningKey) []byte {
	der := x509.MarshalPKCS1PublicKey(k.Private.Public().(*rsa.PublicKey))
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der})
}

// publicBytes are the modulus, the point or the key itself.
func publicBytes(k SigningKey) []byte {
	switch public := k.Private.Public().(type) {
	case *rsa.PublicKey:
		return public.N.Bytes()
	case *ecdsa.PublicKey:
		return must(public.Bytes())
	case ed25519.PublicKey:
		return public
	default:
		return nil
	}
}

func trimmed(text []byte) []byte { return []byte(strings.TrimSpace(string(text))) }

func signsRSA(f *forge) bool {
	_, ok := f.issuer.SigningKey().Private.Public().(*rsa.PublicKey)
	return ok
}

func signsPSS(f *forge) bool { return algorithmNamed(f.issuer.SigningKey().Algorithm).pss }

func signsECDSA(f *forge) bool {
	_, ok := f.issuer.SigningKey().Private.Public().(*ecdsa.PublicKey)
	return ok
}

// accepted are the algorithms of the service.
func (f *forge) accepted() []string {
	if f.cfg.Algorithms == nil {
		return []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"}
	}
	return f.cfg.Algorithms
}

// otherAlgorithm is one that the issuer signs with and the service does not
// accept, or "".
func (f *forge) otherAlgorithm() string {
	for _, name := range f.issuer.algorithms() {
		if !slices.Contains(f.accepted(), name) {
			return name
		}
	}
	return ""
}

func signsOtherwise(f *forge) bool { return f.otherAlgorithm() != "" }

func byOtherAlgorithm(f *forge) Credentials { return f.bearer(Algorithm(f.otherAlgorithm())) }
