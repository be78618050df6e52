package refusals

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

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// algorithmAttacks say in the header that the token is signed otherwise than
// the service allows.
func algorithmAttacks() []Attack {
	none := "a token that says it is not signed must not be believed (CVE-2015-9235, RFC 8725 §2.1, RFC 9068 §4)"
	unsigned := tokentest.Signature(func([]byte) []byte { return nil })
	return group{
		name: "algorithm", want: refuseInvalid, reason: "algorithm",
		why: "the attacker must not choose how the token is verified (RFC 8725 §3.1, RFC 7515 §4.1.1)",
	}.attacks(
		try{row: "7515-4.1.1-2", name: "alg none, empty signature", edit: tokentest.Edits(tokentest.Header("alg", "none"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg None, empty signature", edit: tokentest.Edits(tokentest.Header("alg", "None"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg NONE, empty signature", edit: tokentest.Edits(tokentest.Header("alg", "NONE"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg nOnE, empty signature", edit: tokentest.Edits(tokentest.Header("alg", "nOnE"), unsigned), why: none, reason: "algorithm malformed"},
		try{row: "7515-4.1.1-2", name: "alg none with some signature", edit: tokentest.Edits(tokentest.Header("alg", "none"), tokentest.Signature(func([]byte) []byte { return []byte("signed") })), why: none},
		try{row: "7515-4.1.1-2", name: "alg none with the good signature", edit: tokentest.Header("alg", "none"), why: none},
		try{row: "7515-4.1.1-1", name: "alg missing", edit: tokentest.WithoutHeader("alg")},
		try{row: "7515-4.1.1-1", name: "alg is an array", edit: wrapped("alg")},
		try{row: "7515-4.1.1-1", name: "alg is null", edit: tokentest.Header("alg", nil)},
		try{row: "7515-4.1.1-1", name: "alg is empty", edit: tokentest.Header("alg", "")},
		try{row: "7515-4.1.1-1", name: "alg in the other case", edit: reheader("alg", swapCase)},
		try{row: "7515-4.1.1-1", name: "alg with a space", edit: reheader("alg", suffix(" "))},
		try{row: "7515-4.1.1-1", name: "alg unknown", edit: tokentest.Header("alg", "XX256")},
		try{row: "8725-3.2-1", name: "alg RS1", edit: tokentest.Header("alg", "RS1")},
		try{row: "8725-3.2-1", name: "alg ES256K", edit: tokentest.Header("alg", "ES256K")},
		try{row: "9864-2.2-2", name: "alg Ed448", edit: tokentest.Header("alg", "Ed448")},
		try{row: "7515-4-3", name: "ALG instead of alg", edit: tokentest.Edits(tokentest.WithoutHeader("alg"), copied("ALG"))},
		try{row: "7515-4.1.1-1", name: "alg that the service does not accept, by a published key", applies: signsOtherwise, make: byOtherAlgorithm},
	)
}

// confusionAttacks have an HMAC with something public as its secret, for
// services that verify HMAC with any key they hold.
func confusionAttacks() []Attack {
	g := group{
		name: "confusion", want: refuseInvalid, reason: "algorithm",
		why: "a public key that is taken for an HMAC secret is a secret that everyone knows (CVE-2015-9235, RFC 8725 §2.1, §3.1)",
	}
	row := "7518-3.2-3"
	return g.attacks(
		try{row: row, name: "HS256 with the public key in PEM", edit: hmacBy("HS256", publicPEM)},
		try{row: row, name: "HS256 with the public key in PEM without its last line break", edit: hmacBy("HS256", func(k mint.Key) []byte { return trimmed(publicPEM(k)) })},
		try{row: row, name: "HS384 with the public key in PEM", edit: hmacBy("HS384", publicPEM)},
		try{row: row, name: "HS512 with the public key in PEM", edit: hmacBy("HS512", publicPEM)},
		try{row: row, name: "HS256 with the public key in DER", edit: hmacBy("HS256", publicDER)},
		try{row: row, name: "HS256 with the public key as JWK", edit: hmacBy("HS256", func(k mint.Key) []byte { return []byte(k.JWK()) })},
		try{row: row, name: "HS256 with the bytes of the public key", edit: hmacBy("HS256", publicBytes)},
		try{row: row, name: "HS256 with the encoded bytes of the public key", edit: hmacBy("HS256", func(k mint.Key) []byte { return []byte(mint.Encode(publicBytes(k))) })},
		try{row: row, name: "HS256 with the RSA public key in PKCS 1", edit: hmacBy("HS256", publicPKCS1), applies: signsRSA},
		try{row: row, name: "HS256 with the key id", edit: hmacBy("HS256", func(k mint.Key) []byte { return []byte(k.ID) })},
		try{row: row, name: "HS256 with an empty secret", edit: hmacBy("HS256", func(mint.Key) []byte { return nil })},
	)
}

// criticalAttacks demand extensions of JWS (RFC 7515 §4.1.11).
func criticalAttacks() []Attack {
	crit := func(value any) tokentest.Edit { return tokentest.Header("crit", value) }
	return group{
		name: "critical", want: refuseInvalid, reason: "critical",
		why: "an extension that is marked critical changes what the token means; a reader that does not understand it must refuse (RFC 7515 §4.1.11)",
	}.attacks(
		try{row: "7515-4.1.11-1", name: "crit names an unknown extension", edit: tokentest.Edits(crit([]string{"urn:example:ext"}), tokentest.Header("urn:example:ext", true))},
		try{row: "7515-4.1.11-1", name: "crit names exp", edit: tokentest.Edits(crit([]string{"exp"}), tokentest.Header("exp", 0))},
		try{row: "7515-4.1.11-1", name: "crit names b64", edit: tokentest.Edits(crit([]string{"b64"}), tokentest.Header("b64", true))},
		try{row: "7515-4.1.11-2", name: "crit is empty", edit: crit([]string{})},
		try{row: "7515-4.1.11-2", name: "crit is a string", edit: crit("b64")},
		try{row: "7515-4.1.11-2", name: "crit is an array of numbers", edit: crit([]int{1})},
		try{row: "7515-4.1.11-2", name: "crit is null", edit: crit(nil)},
		try{row: "7515-4.1.11-3", name: "crit names an absent extension", edit: crit([]string{"foo"})},
		try{row: "7515-4.1.11-3", name: "crit names an absent b64", edit: crit([]string{"b64"})},
		try{row: "7515-4.1.11-3", name: "crit names alg", edit: crit([]string{"alg"})},
		try{row: "7515-4.1.11-3", name: "crit names one extension twice", edit: tokentest.Edits(crit([]string{"x", "x"}), tokentest.Header("x", 1))},
		try{row: "7797-7-1", name: "b64 false, signed over the payload as it is", edit: unencoded(nil), why: "the service reads something else than the issuer signed (RFC 7797 §7 forbids it in a JWT)"},
		try{row: "7797-7-1", name: "b64 false and critical, signed over the payload as it is", edit: unencoded([]string{"b64"}), why: "the service reads something else than the issuer signed (RFC 7797 §7 forbids it in a JWT)"},
		try{row: "7797-7-1", name: "b64 true", edit: tokentest.Header("b64", true)},
	)
}

// reheader changes a header parameter that is a string.
func reheader(name string, f func(string) string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Header.Set(name, f(d.Header.Get(name).(string))) })
}

// wrapped makes a header parameter an array of what it was.
func wrapped(name string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Header.Set(name, []any{d.Header.Get(name)}) })
}

// copied puts the name of the algorithm in a parameter of another name.
func copied(name string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Header.Set(name, d.Key.Algorithm) })
}

func swapCase(s string) string {
	if lower := strings.ToLower(s); lower != s {
		return lower
	}
	return strings.ToUpper(s)
}

// unencoded signs over the payload without its encoding.
func unencoded(critical []string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		d.Header.Set("b64", false)
		if critical != nil {
			d.Header.Set("crit", critical)
		}
		d.SignWith = func(input []byte) []byte {
			header, payload, _ := strings.Cut(string(input), ".")
			return d.Key.Sign(append([]byte(header+"."), mint.Decode(payload)...))
		}
	})
}

// hmacBy signs by HMAC with a secret made from the key that verifies.
func hmacBy(name string, secret func(mint.Key) []byte) tokentest.Edit {
	hash := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}[name]
	return tokentest.EditDraft(func(d *mint.Draft) {
		d.Header.Set("alg", name)
		key := secret(d.Key)
		d.SignWith = func(input []byte) []byte {
			mac := hmac.New(hash.New, key)
			mac.Write(input)
			return mac.Sum(nil)
		}
	})
}

func publicDER(k mint.Key) []byte { return mint.Must(x509.MarshalPKIXPublicKey(k.Private.Public())) }

func publicPEM(k mint.Key) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER(k)})
}

func publicPKCS1(k mint.Key) []byte {
	der := x509.MarshalPKCS1PublicKey(k.Private.Public().(*rsa.PublicKey))
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der})
}

// publicBytes are the modulus, the point or the key itself.
func publicBytes(k mint.Key) []byte {
	switch public := k.Private.Public().(type) {
	case *rsa.PublicKey:
		return public.N.Bytes()
	case *ecdsa.PublicKey:
		return mint.Must(public.Bytes())
	case ed25519.PublicKey:
		return public
	default:
		return nil
	}
}

func trimmed(text []byte) []byte { return []byte(strings.TrimSpace(string(text))) }

func signsRSA(a *attacker) bool {
	_, ok := a.issuer.SigningKey().Private.Public().(*rsa.PublicKey)
	return ok
}

func signsPSS(a *attacker) bool { return mint.AlgorithmNamed(a.issuer.SigningKey().Algorithm).PSS }

func signsECDSA(a *attacker) bool {
	_, ok := a.issuer.SigningKey().Private.Public().(*ecdsa.PublicKey)
	return ok
}

// accepted are the algorithms of the service.
func (a *attacker) accepted() []string {
	if a.cfg.Algorithms == nil {
		return []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"}
	}
	return a.cfg.Algorithms
}

// otherAlgorithm is one that the issuer signs with and the service does not
// accept, or "".
func (a *attacker) otherAlgorithm() string {
	for _, name := range a.issuer.Options().Algorithms {
		if !slices.Contains(a.accepted(), name) {
			return name
		}
	}
	return ""
}

func signsOtherwise(a *attacker) bool { return a.otherAlgorithm() != "" }

func byOtherAlgorithm(a *attacker) tokentest.Credentials {
	return a.bearer(tokentest.Algorithm(a.otherAlgorithm()))
}
