package refusals

import (
	"context"
	"net/http"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
)

// DPoP tells Test about a service that takes tokens which are bound to a key, as
// one with a dpop.Checker does (RFC 9449). Method and URL are required.
type DPoP struct {
	// Method is the HTTP method of the call, and POST over gRPC.
	Method string
	// URL is the call as proofs name it, with the scheme and host of
	// scope.Resource.BaseURLs. Over gRPC it is
	// https://AUTHORITY/PACKAGE.SERVICE/METHOD.
	URL string
	// Required is that of the service's dpop.Config. The good token is then bound
	// to a key, and all attacks present what they have under the scheme DPoP with a
	// good proof.
	Required bool
	// NonceReplacesClock is that of the service's dpop.Config. Attacks with old
	// proofs do not apply then.
	NonceReplacesClock bool
	// Algorithms are those of the service's dpop.Config. Nil means its default.
	Algorithms []string
	// Replica makes the call to another replica of the service, which must not take
	// the proofs that the first one took. Nil means that there is none; then the
	// attacks on it do not apply.
	Replica tokentest.Target
}

// algorithm is that of the client's key.
func (d *DPoP) algorithm() string {
	if d == nil || len(d.Algorithms) == 0 {
		return "ES256"
	}
	return d.Algorithms[0]
}

// proven presents a token under the scheme DPoP with a proof.
func proven(raw string, proofs ...string) tokentest.Credentials {
	c := authorization("DPoP " + raw)
	c.Fields = http.Header{"Dpop": proofs}
	return c
}

// bound is a good token that is bound to the client's key.
func (a *attacker) bound() string { return a.token(tokentest.BoundTo(a.key)) }

// proof is a good proof for a token, with the last nonce of the service.
func (a *attacker) proof(raw string, edits ...tokentest.Edit) string {
	return a.proofBy(a.key, raw, edits...)
}

func (a *attacker) proofBy(key tokentest.SigningKey, raw string, edits ...tokentest.Edit) string {
	if a.nonce != "" {
		edits = append([]tokentest.Edit{tokentest.Nonce(a.nonce)}, edits...)
	}
	return a.issuer.Proof(key, a.cfg.DPoP.Method, a.cfg.DPoP.URL, raw, edits...)
}

// underDPoP is what a client presents as bearer tokens, presented as a service
// that requires DPoP wants it.
func (a *attacker) underDPoP(c tokentest.Credentials) tokentest.Credentials {
	if a.cfg.DPoP == nil || !a.cfg.DPoP.Required {
		return c
	}
	var fields []string
	for _, field := range c.Authorization {
		if raw, ok := strings.CutPrefix(field, "Bearer"); ok {
			field = "DPoP" + raw
			c.Fields = http.Header{"Dpop": {a.proof(strings.TrimSpace(raw))}}
		}
		fields = append(fields, field)
	}
	c.Authorization = fields
	return c
}

// askForNonce makes a good call, for the nonce that it gets if it needs one.
func (s *suite) askForNonce(ctx context.Context) {
	if s.attacker.cfg.DPoP == nil {
		return
	}
	raw := s.attacker.bound()
	_, _ = s.call(ctx, s.target, proven(raw, s.attacker.proof(raw)))
}
