package refusals

import (
	"maps"
	"slices"

	"github.com/postern-go/postern/token/tokentest"
)

// impliedAttacks are good tokens with scopes that stand near the ones that the
// call needs, in a service where some scopes imply others.
func impliedAttacks() []Attack {
	lookAlike := "a scope that only looks like a larger one implies nothing (RFC 6749 §3.3)"
	return group{
		name: "implied scope", want: refuseScope, reason: "scope",
		why: "a scope that implies another is worth more: who was granted the smaller one must not get the larger",
	}.attacks(
		try{name: "smaller scopes for the larger one", applies: func(a *attacker) bool { return a.top() != "" }, make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.Scope(slices.Concat(a.withoutScope(a.top()), a.cfg.ScopeImplies[a.top()])...))
		}},
		likeLarger("a longer scope than a larger one", lookAlike, suffix("2")),
		likeLarger("the beginning of a larger scope", lookAlike, func(s string) string { return s[:len(s)-1] }),
		likeLarger("a larger scope in the other case", lookAlike, swapCase),
		likeLarger("a larger scope with a star", lookAlike, suffix("*")),
	)
}

// likeLarger is an attack with something like a larger scope, which itself is let
// in first.
func likeLarger(name, why string, like func(string) string) try {
	with := func(a *attacker, scope string) tokentest.Credentials {
		needed, _ := a.larger()
		return a.bearer(tokentest.Scope(append(a.withoutScope(needed), scope)...))
	}
	return try{
		name: name, why: why,
		applies: func(a *attacker) bool {
			needed, larger := a.larger()
			return larger != "" && like(larger) != "" && !a.implied(needed, append(a.withoutScope(needed), like(larger))...)
		},
		after: func(a *attacker) (good, attack tokentest.Credentials) {
			_, larger := a.larger()
			return with(a, larger), with(a, like(larger))
		},
	}
}

// top is a scope that the call needs, that implies others, and that no other
// scope of the call implies, or "".
func (a *attacker) top() string {
	for _, scope := range a.cfg.Scopes {
		if len(a.cfg.ScopeImplies[scope]) > 0 && !a.implied(scope, a.withoutScope(scope)...) {
			return scope
		}
	}
	return ""
}

// larger is a scope that the call needs and that no other scope of the call
// implies, and a larger one that implies it, or "".
func (a *attacker) larger() (needed, larger string) {
	for _, needed := range a.cfg.Scopes {
		for _, larger := range slices.Sorted(maps.Keys(a.cfg.ScopeImplies)) {
			if larger != needed && a.implied(needed, larger) && !a.implied(needed, a.withoutScope(needed)...) {
				return needed, larger
			}
		}
	}
	return "", ""
}

// withoutScope are the scopes that the call needs, but for one.
func (a *attacker) withoutScope(scope string) []string {
	return slices.DeleteFunc(slices.Clone(a.cfg.Scopes), func(s string) bool { return s == scope })
}

// implied reports whether a scope is one of those granted, or implied by them.
func (a *attacker) implied(scope string, granted ...string) bool {
	granted = slices.Clone(granted)
	for n := 0; n < len(granted); n++ {
		if granted[n] == scope {
			return true
		}
		for _, smaller := range a.cfg.ScopeImplies[granted[n]] {
			if !slices.Contains(granted, smaller) {
				granted = append(granted, smaller)
			}
		}
	}
	return false
}
