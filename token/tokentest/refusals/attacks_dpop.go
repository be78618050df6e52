package refusals

import (
	"net/http"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
)

// ofDPoP is the group of attacks on services that take DPoP.
var ofDPoP = group{
	name: "dpop", want: refuseProof, reason: "proof",
	why: "a proof that is not checked in full leaves a bound token as good to a thief as a bearer token (RFC 9449 §4.3)",
}

// dpopAttacks present tokens that are bound to the client's key.
func dpopAttacks() []Attack {
	var attacks []Attack
	for _, list := range [][]try{boundTries(), proofFieldTries(), proofFormTries(), proofKeyTries(), proofClaimTries(), proofCallTries(), proofTimeTries(), replayTries()} {
		attacks = append(attacks, ofDPoP.attacks(list...)...)
	}
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(a *attacker) bool { return a.cfg.DPoP != nil && (also == nil || also(a)) }
	}
	return attacks
}

// edited is a good call but for an edit of its proof.
func edited(row, name string, edits ...tokentest.Edit) try {
	return withProof(row, name, func(a *attacker, raw string) []string { return []string{a.proof(raw, edits...)} })
}

// reproved is a good call but for a change of the finished proof.
func reproved(row, name string, f func(proof string) string) try {
	return withProof(row, name, func(a *attacker, raw string) []string { return []string{f(a.proof(raw))} })
}

// withProof is a good call but for its proofs.
func withProof(row, name string, proofs func(a *attacker, raw string) []string) try {
	return try{row: row, name: name, make: func(a *attacker) tokentest.Credentials {
		raw := a.bound()
		return proven(raw, proofs(a, raw)...)
	}}
}

func (t try) refusedAs(want Refusal, reason string) try {
	t.want, t.reason = want, reason
	return t
}

func (t try) because(why string) try {
	t.why = why
	return t
}

func (t try) ifTrue(applies func(*attacker) bool) try {
	t.applies = applies
	return t
}

// boundTries are about the token and the scheme.
func boundTries() []try {
	thief := "the thief of a token has neither its key nor a way around it (RFC 9449 §7.1, §7.2)"
	under := func(scheme string) func(*attacker) tokentest.Credentials {
		return func(a *attacker) tokentest.Credentials { return authorization(scheme + a.bound()) }
	}
	return []try{
		try{row: "9449-7.1-2", name: "stolen bound token", make: under("DPoP ")}.refusedAs(refuseProof, "proof_missing").because(thief),
		try{row: "9449-7.2-1", name: "stolen bound token under Bearer", make: under("Bearer ")}.refusedAs(refuseInvalid, "binding").because(thief),
		try{row: "9449-7.2-1", name: "bound token under Bearer with its proof", make: func(a *attacker) tokentest.Credentials {
			raw := a.bound()
			c := proven(raw, a.proof(raw))
			c.Authorization = []string{"Bearer " + raw}
			return c
		}}.refusedAs(refuseInvalid, "binding"),
		withProof("9449-4.3-12b", "stolen bound token with a proof by the thief's key", func(a *attacker, raw string) []string {
			return []string{a.proofBy(a.thief, raw)}
		}).refusedAs(refuseInvalid, "binding").because(thief),
		try{row: "9449-7.1-3", name: "unbound token with a good proof", make: func(a *attacker) tokentest.Credentials {
			raw := a.token(tokentest.WithoutClaim("cnf"))
			return proven(raw, a.proof(raw))
		}}.refusedAs(refuseInvalid, "binding").because("a key of the sender's choice proves nothing (RFC 9449 §7.1)"),
		try{row: "9449-7.1-5", name: "unbound token under Bearer", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.WithoutClaim("cnf"))
		}}.refusedAs(refuseInvalid, "binding").ifTrue(func(a *attacker) bool { return a.cfg.DPoP.Required }).
			because("a service that takes bound tokens alone must take no others (RFC 9449 §7.1)"),
		try{row: "9449-7.2-5", name: "both schemes at once", make: func(a *attacker) tokentest.Credentials {
			raw := a.bound()
			c := proven(raw, a.proof(raw))
			c.Authorization = append(c.Authorization, "Bearer "+a.token())
			return c
		}}.refusedAs(refuseRequest, "request"),
	}
}

// proofFieldTries have another number of proofs than one.
func proofFieldTries() []try {
	two := "two readers that take different ones of two proofs are a way around the stricter one (RFC 9449 §4.3)"
	both := func(join func(string, string) []string) func(*attacker, string) []string {
		return func(a *attacker, raw string) []string { return join(a.proof(raw), a.proof(raw)) }
	}
	return []try{
		withProof("9449-4.3-1", "two proofs", both(func(p, q string) []string { return []string{p, q} })).because(two),
		withProof("9449-4.3-1", "two proofs in one field", both(func(p, q string) []string { return []string{p + ", " + q} })).because(two),
		withProof("9449-4.3-1", "proof and an empty field", both(func(p, _ string) []string { return []string{p, ""} })).because(two),
		withProof("9449-4.3-2", "empty proof", func(*attacker, string) []string { return []string{""} }),
		withProof("9449-4.3-2", "the token as its proof", func(_ *attacker, raw string) []string { return []string{raw} }),
		try{row: "9449-4.3-1", name: "proof in another field", make: func(a *attacker) tokentest.Credentials {
			raw := a.bound()
			c := proven(raw)
			c.Fields = http.Header{"X-Dpop": {a.proof(raw)}}
			return c
		}}.refusedAs(refuseProof, "proof_missing"),
	}
}

// proofFormTries are no compact JWS of the right type in strict JSON.
func proofFormTries() []try {
	crit := func(names ...string) tokentest.Edit { return tokentest.Header("crit", names) }
	return []try{
		reproved("9449-4.3-2", "proof with two parts", upToLastDot),
		reproved("9449-4.3-2", "proof with four parts", suffix(".x")),
		reproved("9449-4.3-2", "padded proof", suffix("=")),
		edited("9449-4.3-2", "proof of 20 kilobytes", tokentest.Claim("pad", strings.Repeat("x", 15_000))),
		edited("9449-4.3-2", "member of a proof twice", tokentest.PayloadText(func(text string) string { return `{"htm":"x",` + text[1:] })),
		edited("9449-4.3-3", "proof without typ", tokentest.WithoutHeader("typ")),
		edited("9449-4.3-4", "proof with typ JWT", tokentest.Type("JWT")),
		edited("9449-4.3-4", "proof with typ at+jwt", tokentest.Type("at+jwt")),
		edited("9449-4.3-7b", "proof with an extension", crit("urn:example:ext"), tokentest.Header("urn:example:ext", true)),
		edited("9449-4.3-7b", "proof with b64 false", unencoded([]string{"b64"})),
	}
}
