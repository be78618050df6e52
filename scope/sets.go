package scope

import (
	"strconv"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// AllOf asks for a good token with every one of the values in a set of rights
// other than scopes: one of those that Profile.Sets of the token.Config names,
// such as "roles", "groups" or "permissions". Values are compared byte for byte.
//
// Such a value never stands for a scope, nor a scope for it. A token without it
// is denied with token.ErrDenied, and without a challenge: clients cannot ask
// for roles as they ask for scopes. The same is true of a token whose set cannot
// be read, such as one that has too many groups, and of every token of an issuer
// whose Profile has no such set; see NeverMet.
//
// AllOf panics, with an error that matches token.ErrConfig, if it gets no value,
// or if set or a value is empty: it is for literals.
func AllOf(set string, values ...string) Policy {
	return setRule("all", "all", set, values, func(t *token.Token, values []string) bool {
		for _, v := range values {
			if !t.HasValue(set, v) {
				return false
			}
		}
		return true
	})
}

// AnyOf asks for a good token with at least one of the values in a set of rights
// other than scopes. It is otherwise like AllOf, and panics like it.
func AnyOf(set string, values ...string) Policy {
	return setRule("any", "one", set, values, func(t *token.Token, values []string) bool {
		for _, v := range values {
			if t.HasValue(set, v) {
				return true
			}
		}
		return false
	})
}

func setRule(kind, quantity, set string, values []string, enough func(*token.Token, []string) bool) Policy {
	literals("set", []string{set})
	values = literals("value of set "+strconv.QuoteToASCII(set), values)
	name := kind + " " + word(set) + "(" + words(values) + ")"
	refused := &refusal{rule: name, why: token.ErrDenied, seen: func(t *token.Token) string {
		return ": the " + held(t, set) + ", want " + wantedOf(quantity, values) + settingOf(t, set)
	}}
	p := application(name, func(t *token.Token) error {
		if !enough(t, values) {
			return refused
		}
		return nil
	})
	p.rules[0].set, p.rules[0].wants = set, wants{of: "set " + set, values: values, one: kind == "any"}
	return p
}

// held says what a token has in a set.
func held(t *token.Token, set string) string {
	values, known := t.Values(set)
	switch {
	case !known:
		return word(set) + " of the token are not known"
	case len(values) == 0:
		return "token has no " + word(set)
	default:
		return word(set) + " of the token are " + printable.Value("["+words(values)+"]")
	}
}

// settingOf names where a set would come from that is not known.
func settingOf(t *token.Token, set string) string {
	if _, known := t.Values(set); known {
		return ""
	}
	return " (see Config.Profile.Sets)"
}

// wantedOf is the value wanted, or how many of them, bounded.
func wantedOf(quantity string, values []string) string {
	if len(values) == 1 {
		return quoted(values[0])
	}
	return quantity + " of " + printable.Value("["+words(values)+"]")
}
