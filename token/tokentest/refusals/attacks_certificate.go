package refusals

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// certificateAttacks present tokens that are bound to a client's certificate. The
// certificate is no secret, and what a proxy would say of it is easily said by
// others.
func certificateAttacks() []Attack {
	g := group{
		name: "certificate", want: refuseInvalid, reason: "binding",
		why: "the thief of a token does not have the key of the client's certificate (RFC 8705 §3)",
	}
	fields := group{
		name: "certificate", want: refuseInvalid, reason: "binding",
		why: "the service takes the certificate from a field that a proxy sets, and takes it from callers that are no proxy (RFC 9440 §4)",
	}
	attacks := g.attacks(
		certified("8705-3-1", "stolen token, no certificate", func(a *attacker) *tokentest.Certificate { return nil }),
	)
	attacks = append(attacks, fields.attacks(
		forgedField("Client-Cert", (*tokentest.Certificate).ClientCert),
		forgedField("X-Forwarded-Client-Cert", (*tokentest.Certificate).XFCC),
		forgedField("X-SSL-Client-Cert", (*tokentest.Certificate).EscapedPEM),
		forgedField("X-Amzn-Mtls-Clientcert-Leaf", (*tokentest.Certificate).EscapedPEM),
		forgedField("X-SSL-Client-DER", func(c *tokentest.Certificate) string { return base64.StdEncoding.EncodeToString(c.X509().Raw) }),
	)...)
	attacks = append(attacks, whereTaken(g.attacks(
		certified("8705-3-1", "stolen token with the thief's certificate", func(a *attacker) *tokentest.Certificate { return a.thiefs }),
		bySum("padded thumbprint", func(thumbprint string) string { return thumbprint + "=" }),
		bySum("thumbprint in hex", func(thumbprint string) string { return hex.EncodeToString(mint.Decode(thumbprint)) }),
		bySum("thumbprint in the other alphabet and case", swapCase),
		bySum("the beginning of a thumbprint", func(thumbprint string) string { return thumbprint[:20] }),
		try{row: "8705-3-4", name: "bound to a key too, which is not proved", make: func(a *attacker) tokentest.Credentials {
			c := a.bearer(tokentest.WithoutClaim("cnf"), tokentest.BoundTo(a.thief), tokentest.BoundToCertificate(a.cert))
			c.Certificate = a.cert
			return c
		}},
	))...)
	both := g.attacks(try{row: "8705-3-4", name: "bound to a certificate too, which is not presented", make: func(a *attacker) tokentest.Credentials {
		raw := a.token(tokentest.BoundTo(a.key), tokentest.BoundToCertificate(a.cert))
		return proven(raw, a.proof(raw))
	}, applies: func(a *attacker) bool { return a.cfg.DPoP != nil }})
	return append(attacks, both...)
}

// whereTaken leaves attacks to services that take certificates.
func whereTaken(attacks []Attack) []Attack {
	for n := range attacks {
		attacks[n].applies = func(a *attacker) bool { return a.cfg.Certificate != nil }
	}
	return attacks
}

// certified is the token of the client with another certificate.
func certified(row, name string, other func(*attacker) *tokentest.Certificate) try {
	return try{row: row, name: name, make: func(a *attacker) tokentest.Credentials { return a.certified(other(a)) }}
}

// certified presents a token that is bound to the client's certificate.
func (a *attacker) certified(with *tokentest.Certificate) tokentest.Credentials {
	c := a.bearer(tokentest.BoundToCertificate(a.cert))
	c.Certificate = with
	return c
}

// forgedField has the client's certificate in a field, on a direct connection.
func forgedField(name string, value func(*tokentest.Certificate) string) try {
	return try{row: "9440-4-1", name: "forged " + name, make: func(a *attacker) tokentest.Credentials {
		c := a.certified(nil)
		c.Fields = http.Header{http.CanonicalHeaderKey(name): {value(a.cert)}}
		return c
	}}
}

// bySum has another spelling of the thumbprint in the token.
func bySum(name string, f func(thumbprint string) string) try {
	return try{
		row: "8705-3.1-1", name: name, why: "a comparison that forgives takes one certificate for another (RFC 8705 §3.1)",
		make: func(a *attacker) tokentest.Credentials {
			c := a.bearer(tokentest.BoundToCertificate(a.cert), tokentest.EditDraft(func(d *mint.Draft) {
				cnf, _ := d.Claims.Get("cnf").(map[string]any)
				cnf["x5t#S256"] = f(a.cert.Thumbprint())
			}))
			c.Certificate = a.cert
			return c
		},
	}
}
