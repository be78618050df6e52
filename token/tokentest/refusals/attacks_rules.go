package refusals

import (
	"fmt"
	"slices"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// attackedRules is how many rules of a profile are attacked.
const attackedRules = 4

// ruleAttacks each break one of the rules that the service has for all tokens.
func ruleAttacks() (attacks []Attack) {
	g := group{
		name: "rule", want: refuseInvalid, reason: "claim",
		why: "an issuer signs tokens for many purposes, tenants and callers; the rule tells which of them are meant (RFC 8725 §3.11)",
	}
	for n := range attackedRules {
		attacks = append(attacks, g.attacks(
			breaking(n, "claim missing", missing),
			breaking(n, "another value", anotherValue),
			breaking(n, "value in an array", valueInArray),
		)...)
	}
	return attacks
}

// breaking is an attack on one rule, if how gives a way to break it.
func breaking(n int, name string, how func(token.Mark) (tokentest.Edit, bool)) try {
	broken := func(a *attacker) (e tokentest.Edit, ok bool) {
		if n >= len(a.cfg.Profile.Rules) {
			return e, false
		}
		return how(a.cfg.Profile.Rules[n])
	}
	return try{
		name: fmt.Sprintf("rule %d: %s", n+1, name),
		make: func(a *attacker) tokentest.Credentials {
			e, _ := broken(a)
			return a.bearer(e)
		},
		applies: func(a *attacker) bool {
			_, ok := broken(a)
			return ok
		},
	}
}

func missing(m token.Mark) (tokentest.Edit, bool) {
	return tokentest.Marked(token.Mark{Claim: m.Claim, Path: m.Path, Absent: true}), !m.Absent
}

func anotherValue(m token.Mark) (tokentest.Edit, bool) {
	if m.Present {
		return tokentest.Edit{}, false
	}
	if m.Absent {
		return tokentest.Marked(token.Mark{Claim: m.Claim, Path: m.Path, Present: true}), true
	}
	m.Not = !m.Not
	return tokentest.Marked(m), true
}

// valueInArray is for rules about a single value.
func valueInArray(m token.Mark) (tokentest.Edit, bool) {
	single := m.Shape == token.ShapeDefault || m.Shape == token.ShapeText || m.Shape == token.ShapeWords || m.Shape == token.ShapeBoolean
	return arrayAt(placeOf(m)), single && !m.Present && !m.Absent
}

func arrayAt(path []string) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.SetAt(path, []any{d.Claims.At(path)}) })
}

// placeOf is where the claim of a mark is.
func placeOf(m token.Mark) []string {
	if len(m.Path) > 0 {
		return m.Path
	}
	return []string{m.Claim}
}

// ruled reports whether a rule is about the claim of a mark, so that the claim
// cannot be changed without breaking the rule.
func ruled(m token.Mark, p token.Profile) bool {
	return slices.ContainsFunc(p.Rules, func(rule token.Mark) bool { return slices.Equal(placeOf(rule), placeOf(m)) })
}
