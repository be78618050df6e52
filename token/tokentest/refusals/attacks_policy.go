package refusals

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// bindingAttacks are tokens that only the holder of a key or certificate may
// use, presented by a caller who proves nothing.
func bindingAttacks() []Attack {
	thumbprint := mint.Encode(sum("the holder's key"))
	cnf := func(value any) tokentest.Edit { return tokentest.Claim("cnf", value) }
	return group{
		name: "binding", want: refuseInvalid, reason: "binding",
		why: "a bound token that is taken for a bearer token can be stolen like one (RFC 7800 §3.1, RFC 9449 §7.1, RFC 8705 §3)",
	}.attacks(
		try{row: "8705-3-3", name: "bound to a DPoP key", edit: cnf(map[string]string{"jkt": thumbprint})},
		try{row: "8705-3-1", name: "bound to a certificate", edit: cnf(map[string]string{"x5t#S256": thumbprint})},
		try{row: "8705-3-4", name: "bound to a DPoP key and a certificate", edit: cnf(map[string]string{"jkt": thumbprint, "x5t#S256": thumbprint})},
		try{row: "8705-3-3", name: "bound to a key in full", edit: cnf(map[string]any{"jwk": map[string]string{"kty": "OKP", "crv": "Ed25519", "x": thumbprint}})},
		try{row: "8705-3-3", name: "bound to a key by name", edit: cnf(map[string]string{"kid": "1"})},
		try{row: "8705-3-3", name: "bound in an unknown way", edit: cnf(map[string]string{"urn:example:way": "x"})},
		try{row: "8705-3-3", name: "cnf is an empty object", edit: cnf(struct{}{})},
		try{row: "8705-3-3", name: "cnf is a string", edit: cnf("x")},
		try{row: "8705-3-3", name: "cnf is null", edit: cnf(nil), reason: "binding claim"},
		try{row: "8705-3-3", name: "cnf is an array", edit: cnf([]string{"x"})},
		try{row: "8705-3-3", name: "bound to something that is not a string", edit: cnf(map[string]int{"jkt": 1})},
	)
}

// unboundAttacks are good tokens that anyone can use.
func unboundAttacks() []Attack {
	return group{
		name: "unbound", want: refuseInvalid, reason: "binding",
		why: "a bearer token works for any thief (RFC 9700 §2.2.1)",
	}.attacks(
		try{row: "8705-3-5", name: "not bound where bound tokens alone are let in", edit: tokentest.WithoutClaim("cnf"), applies: func(a *attacker) bool { return a.cfg.Bound }},
	)
}

// scopeAttacks are good tokens of a caller who was granted something else than
// the call needs.
func scopeAttacks() []Attack {
	widen := "what was not granted must not be read into what was (RFC 6749 §3.3)"
	attacks := group{
		name: "scope", want: refuseScope, reason: "scope",
		why: "a client may do what it was granted and no more (RFC 6750 §3.1, RFC 6749 §3.3)",
	}.attacks(
		try{row: "6749-3.3-6", name: "no scope claim", edit: tokentest.Scope(), applies: func(a *attacker) bool { return !requiresScope(a) }},
		try{row: "6749-3.3-6", name: "scope is empty", edit: tokentest.Scope("")},
		try{row: "6750-3.1-3", name: "another scope", edit: tokentest.Scope("something:else")},
		try{row: "6750-3.1-3", name: "all scopes but one", edit: tokentest.EditDraft(func(d *mint.Draft) { d.SetScopes(d.Scopes()[1:]...) }), applies: needsSeveralScopes},
		try{row: "6749-3.3-2", name: "scopes in the other case", edit: rescope(swapCase)},
		try{row: "6749-3.3-5", name: "scopes separated by tabs", edit: separated("\t"), why: widen},
		try{row: "6749-3.3-5", name: "scopes separated by line breaks", edit: separated("\n"), why: widen},
		try{row: "6749-3.3-5", name: "scopes separated by no-break spaces", edit: separated("\u00a0"), why: widen},
		try{row: "6749-3.3-5", name: "scopes separated by commas", edit: separated(","), why: widen},
		try{row: "6749-3.3-5", name: "scopes separated by plus signs", edit: separated("+"), why: widen},
		try{name: "scopes as the beginning of longer ones", edit: rescope(suffix("x")), why: widen},
		try{name: "the beginnings of the scopes", edit: rescope(func(s string) string { return s[:len(s)-1] }), why: widen},
		try{name: "scope is a star", edit: tokentest.Scope("*"), why: widen},
		try{row: "9068-4-7", name: "scopes as roles", edit: moved("roles"), applies: scopesAreNotIn("roles"), why: "roles are of another kind and do not grant scopes"},
		try{name: "scopes in the claim scp", edit: moved("scp"), applies: scopesAreNotIn("scp"), why: "only the claim that was agreed on counts; the union of two can only add rights"},
		try{row: "7519-4-3", name: "scopes in the claim SCOPE", edit: tokentest.Edits(tokentest.EditDraft(shouted), tokentest.Scope("x")), why: "a decoder that does not care about case makes these the scopes (RFC 8259 §8.3)"},
		try{row: "6750-3.1-5", name: "too little scope and expired", edit: tokentest.Edits(tokentest.Scope(), expired), want: refuseInvalid, reason: "expired", why: "a caller without a good token must not learn what a call needs"},
	)
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(a *attacker) bool { return len(a.cfg.Scopes) > 0 && (also == nil || also(a)) }
	}
	return attacks
}

// separated has another scope in front, and this between all of them.
func separated(by string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.SetScopes("x" + by + strings.Join(d.Scopes(), by)) })
}

// rescope changes each scope.
func rescope(f func(string) string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		scopes := slices.Clone(d.Scopes())
		for n := range scopes {
			scopes[n] = f(scopes[n])
		}
		d.SetScopes(scopes...)
	})
}

// moved puts the scopes into another claim, and another scope into theirs, which
// the service may require to be there.
func moved(to string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		scopes := d.Scopes()
		d.SetScopes("x")
		d.Claims.Set(to, scopes)
	})
}

// shouted puts the scopes into the claim of that name in the other case.
func shouted(d *mint.Draft) {
	d.Claims.Set(swapCase(d.ScopePath[0]), d.Claims.Get(d.ScopePath[0]))
}

func scopesAreNotIn(claim string) func(*attacker) bool {
	return func(a *attacker) bool {
		inSource := func(s token.Source) bool { return s.Claim == claim || len(s.Path) > 0 && s.Path[0] == claim }
		return a.profile().ScopeClaim != claim && !slices.ContainsFunc(a.profile().Scopes, inSource)
	}
}

// needsSeveralScopes is for calls with a scope that the others do not imply.
func needsSeveralScopes(a *attacker) bool {
	return len(a.cfg.Scopes) > 1 && !a.implied(a.cfg.Scopes[0], a.cfg.Scopes[1:]...)
}

func sum(text string) []byte {
	digest := sha256.Sum256([]byte(text))
	return digest[:]
}
