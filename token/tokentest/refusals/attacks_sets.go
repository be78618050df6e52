package refusals

import (
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// setAttacks are good tokens that lack a value which the call needs in a set of
// rights other than scopes, such as roles.
func setAttacks() []Attack {
	attacks := group{
		name: "set", want: refuseDenied, reason: "denied",
		why: "roles, groups and permissions are granted to the caller and not to the client; nothing else stands for them (RFC 9068 §2.2.3.1)",
	}.attacks(
		try{name: "no value in a set", make: func(a *attacker) tokentest.Credentials { return a.holding(token.ShapeDefault) }},
		try{row: "9068-4-7", name: "values of a set as scopes", why: "an issuer that lets clients choose the names of scopes must not give them roles", make: func(a *attacker) tokentest.Credentials {
			scopes := slices.Concat(a.cfg.Scopes, a.needed())
			return a.bearer(a.hold(token.ShapeDefault), tokentest.Scope(scopes...))
		}},
		try{name: "values of a set in the other case", applies: hasCase, make: func(a *attacker) tokentest.Credentials {
			return a.holding(token.ShapeDefault, changed(a.needed(), swapCase)...)
		}},
		try{name: "values of a set as the beginning of longer ones", make: func(a *attacker) tokentest.Credentials {
			return a.holding(token.ShapeDefault, changed(a.needed(), suffix("x"))...)
		}},
		try{name: "values of a set as one text", applies: wantsArray, why: "a text of several words is no list of them, unless that was agreed on", make: func(a *attacker) tokentest.Credentials {
			return a.holding(token.ShapeWords, a.needed()...)
		}},
		try{name: "values of a set beside a number", applies: wantsArray, why: "what cannot be read as agreed on says nothing, not even in part", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(a.at(slices.Concat(asAny(a.needed()), []any{1})))
		}},
		try{row: "9068-4-7", name: "scopes as values of a set", want: refuseScope, reason: "scope", applies: func(a *attacker) bool { return len(a.cfg.Scopes) > 0 }, make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.Scope("something:else"), a.hold(token.ShapeDefault, slices.Concat(a.needed(), a.cfg.Scopes)...))
		}},
	)
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(a *attacker) bool { return a.set() != "" && (also == nil || also(a)) }
	}
	return attacks
}

// set is the first set that the call needs values of, or "".
func (a *attacker) set() string {
	for _, name := range slices.Sorted(maps.Keys(a.cfg.Sets)) {
		if len(a.cfg.Profile.Sets[name]) > 0 && len(a.cfg.Sets[name]) > 0 {
			return name
		}
	}
	return ""
}

// needed are the values that the call needs of that set.
func (a *attacker) needed() []string { return a.cfg.Sets[a.set()] }

// holding is a good token with these values in that set.
func (a *attacker) holding(shape token.Shape, values ...string) tokentest.Credentials {
	return a.bearer(a.hold(shape, values...))
}

// hold puts values into that set, in a shape or in that of its first source.
func (a *attacker) hold(shape token.Shape, values ...string) tokentest.Edit {
	return held(a.cfg.Profile.Sets[a.set()][0], shape, values)
}

// at puts any value where that set is.
func (a *attacker) at(value any) tokentest.Edit {
	return placed(a.cfg.Profile.Sets[a.set()][0], value)
}

// goodSets are what a good token has in the sets that the call needs.
func (a *attacker) goodSets() tokentest.Edit {
	var edits []tokentest.Edit
	for _, name := range slices.Sorted(maps.Keys(a.cfg.Sets)) {
		if sources := a.cfg.Profile.Sets[name]; len(sources) > 0 {
			edits = append(edits, held(sources[0], token.ShapeDefault, a.cfg.Sets[name]))
		}
	}
	return tokentest.Edits(edits...)
}

func held(in token.Source, shape token.Shape, values []string) tokentest.Edit {
	if shape == token.ShapeDefault {
		shape = in.Shape
	}
	switch shape {
	case token.ShapeWords, token.ShapeText:
		return placed(in, strings.Join(values, " "))
	case token.ShapeKeys:
		members := map[string]any{}
		for _, v := range values {
			members[v] = struct{}{}
		}
		return placed(in, members)
	default:
		return placed(in, append([]string{}, values...))
	}
}

func placed(in token.Source, value any) tokentest.Edit {
	path := placeOf(token.Mark{Claim: in.Claim, Path: in.Path})
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.SetAt(path, value) })
}

func wantsArray(a *attacker) bool {
	shape := a.cfg.Profile.Sets[a.set()][0].Shape
	return shape == token.ShapeDefault || shape == token.ShapeList
}

func hasCase(a *attacker) bool {
	return !slices.Equal(changed(a.needed(), swapCase), a.needed())
}

func changed(values []string, f func(string) string) []string {
	values = slices.Clone(values)
	for n := range values {
		values[n] = f(values[n])
	}
	return values
}

func asAny(values []string) (list []any) {
	for _, v := range values {
		list = append(list, v)
	}
	return list
}
