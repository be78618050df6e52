package refusals

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// embeddedKeyAttacks are signed by the attacker and bring along the key to
// verify them with.
func embeddedKeyAttacks() []Attack {
	return group{
		name: "embedded key", want: refuseInvalid, reason: "unknown_key signature",
		why: "the sender of the token would choose the key that verifies it (CVE-2018-0114, RFC 8725 §3.10)",
	}.attacks(
		try{row: "7515-4.1.3-1", name: "jwk of the attacker", edit: tokentest.Edits(forged, embeddedJWK)},
		try{row: "7515-4.1.3-1", name: "jwk of the attacker under the issuer's kid", edit: tokentest.Edits(forgedUnderGoodID, embeddedJWK)},
		try{row: "7515-4.1.3-1", name: "jwk of the attacker without kid", edit: tokentest.Edits(forged, tokentest.WithoutHeader("kid"), embeddedJWK)},
		try{row: "7515-4.1.3-1", name: "x5c of the attacker", edit: tokentest.Edits(forged, embeddedCertificate)},
		try{row: "7515-4.1.3-1", name: "x5c of the attacker under the issuer's kid", edit: tokentest.Edits(forgedUnderGoodID, embeddedCertificate)},
		try{row: "7515-4.1.2-1", name: "jku of the attacker", edit: tokentest.Edits(forged, linked("jku", "keys.json", forgedSet)), trap: "keys.json"},
		try{row: "7515-4.1.2-1", name: "jku of the attacker under the issuer's kid", edit: tokentest.Edits(forgedUnderGoodID, linked("jku", "keys.json", forgedSet)), trap: "keys.json"},
		try{row: "7515-4.1.2-1", name: "x5u of the attacker", edit: tokentest.Edits(forged, linked("x5u", "certificate.pem", forgedPEM)), trap: "certificate.pem"},
	)
}

// keyIDAttacks name the key to verify with in ways that a lookup might
// mishandle.
func keyIDAttacks() []Attack {
	kid := func(value any) tokentest.Edit { return tokentest.Header("kid", value) }
	hostile := "kid is hostile input: a service that uses it in a path, a query or a log line is attacked through it (RFC 8725 §3.10)"
	return group{
		name: "key id", want: refuseInvalid, reason: "unknown_key",
		why: "a token may be verified only with the key of its issuer that it names (RFC 7515 §4.1.4, RFC 7517 §4.5)",
	}.attacks(
		try{row: "7515-4.1.4-1", name: "kid that the issuer does not publish", edit: kid("another")},
		try{row: "7515-4.1.4-1", name: "kid in the other case", edit: reheader("kid", swapCase), applies: idHasCase},
		try{row: "7515-4.1.4-1", name: "kid is a number", edit: kid(5), reason: "malformed"},
		try{row: "7515-4.1.4-1", name: "kid is null", edit: kid(nil), reason: "malformed"},
		try{row: "7515-4.1.4-1", name: "kid is an array", edit: wrapped("kid"), reason: "malformed"},
		try{row: "7515-4.1.4-2", name: "kid of 300 bytes", edit: kid(strings.Repeat("k", 300)), reason: "malformed", why: hostile},
		try{row: "7515-4.1.4-2", name: "kid is a path", edit: kid("../../../../etc/passwd"), why: hostile},
		try{row: "7515-4.1.4-2", name: "kid is a path, empty HMAC secret", edit: tokentest.Edits(kid("../../../../dev/null"), hmacBy("HS256", func(mint.Key) []byte { return nil })), reason: "algorithm", why: hostile},
		try{row: "7515-4.1.4-2", name: "kid is SQL", edit: kid("' OR 1=1 --"), why: hostile},
		try{row: "6750-3-8", name: "kid has a line break and a header field", edit: kid("x\"\r\nSet-Cookie: a=b"), why: hostile},
	)
}

// forged signs with the attacker's own key, under the attacker's own kid.
var forged = tokentest.EditDraft(func(d *mint.Draft) { d.UseKey(d.Attacker.Key(d.Key.Algorithm)) })

// forgedUnderGoodID signs with the attacker's key under the kid of the
// issuer's.
var forgedUnderGoodID = tokentest.EditDraft((*mint.Draft).Forge)

var embeddedJWK = tokentest.EditDraft(func(d *mint.Draft) { d.Header.Set("jwk", json.RawMessage(d.Key.JWK())) })

var embeddedCertificate = tokentest.EditDraft(func(d *mint.Draft) {
	der := base64.StdEncoding.EncodeToString(certificate(d.Key.Private, d.Now))
	d.Header.Set("x5c", []string{der})
})

// linked puts the address of a document into the header.
func linked(parameter, name string, document func(*mint.Draft) string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Header.Set(parameter, d.Attacker.Serve(name, document(d))) })
}

func forgedSet(d *mint.Draft) string { return `{"keys":[` + d.Key.JWK() + `]}` }

func forgedPEM(d *mint.Draft) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate(d.Key.Private, d.Now)}))
}

// certificate is one that the key signs for itself.
func certificate(key crypto.Signer, now time.Time) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "issuer.test"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(time.Hour),
	}
	return mint.Must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
}

func idHasCase(a *attacker) bool {
	id := a.issuer.SigningKey().ID
	return swapCase(id) != id
}
