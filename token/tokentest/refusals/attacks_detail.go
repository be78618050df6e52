package refusals

import (
	"maps"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
)

// mostDetails is how many elements authorization_details may have.
const mostDetails = 64

// detailAttacks are good tokens without the authorization details that the call
// needs.
func detailAttacks() []Attack {
	attacks := group{
		name: "detail", want: refuseScope, reason: "detail",
		why: "an element grants what its members say together, to the services that it names (RFC 9396 §2.2)",
	}.attacks(
		try{row: "9396-err-1", name: "no authorization_details", edit: tokentest.WithoutClaim("authorization_details")},
		try{row: "9396-9-1", name: "details of a longer type", make: detailed(func(d element) []any { return one(d.with("type", d.typ()+"x")) })},
		try{row: "9396-9-1", name: "details of the type in the other case", applies: func(a *attacker) bool { return swapCase(element(a.cfg.Detail).typ()) != element(a.cfg.Detail).typ() },
			make: detailed(func(d element) []any { return one(d.with("type", swapCase(d.typ()))) })},
		try{row: "9396-9.1-1", name: "details for another service", make: detailed(func(d element) []any { return one(d.with("locations", []string{"https://other.example.com"})) })},
		try{row: "9396-2.2-1", name: "details with a string for a list", applies: wants(1), make: detailed(func(d element) []any {
			name, values := d.list()
			return one(d.with(name, strings.Join(values, " ")))
		})},
		try{row: "9396-2.2-2", name: "details in pieces", applies: wants(2), make: detailed(element.pieces)},
		try{row: "9396-2-1", name: "details as an object", want: refuseInvalid, reason: "claim", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.Claim("authorization_details", a.cfg.Detail))
		}},
		try{row: "9396-2-1", name: "details beside some without a type", want: refuseInvalid, reason: "claim", make: detailed(func(d element) []any { return append(one(d), map[string]any{}) })},
		try{row: "9396-2-1", name: "details beside a string", want: refuseInvalid, reason: "claim", make: detailed(func(d element) []any { return append(one(d), "x") })},
		try{name: "details beside 64 others", want: refuseInvalid, reason: "claim", why: "what is read at every call is bounded", make: detailed(func(d element) []any {
			all := one(d)
			for len(all) <= mostDetails {
				all = append(all, map[string]any{"type": "x"})
			}
			return all
		})},
	)
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(a *attacker) bool { return len(a.cfg.Detail) > 0 && (also == nil || also(a)) }
	}
	return attacks
}

// goodDetails are what a good token has in authorization_details.
func (a *attacker) goodDetails() tokentest.Edit {
	if len(a.cfg.Detail) == 0 {
		return tokentest.Edit{}
	}
	return tokentest.Details(a.cfg.Detail)
}

// detailed makes a token with other details than those that the call needs.
func detailed(others func(element) []any) func(*attacker) tokentest.Credentials {
	return func(a *attacker) tokentest.Credentials { return a.bearer(tokentest.Details(others(a.cfg.Detail)...)) }
}

// wants tells whether the call needs so many values of the lists that all types
// of details have.
func wants(values int) func(*attacker) bool {
	return func(a *attacker) bool { return len(element(a.cfg.Detail).pieces()) >= values }
}

// element is one of authorization_details.
type element map[string]any

func one(d element) []any { return []any{d} }

func (d element) typ() string {
	typ, _ := d["type"].(string)
	return typ
}

func (d element) with(name string, value any) element {
	d = maps.Clone(d)
	d[name] = value
	return d
}

// list is the first of the lists that all types have in common.
func (d element) list() (name string, values []string) {
	for _, name := range []string{"actions", "datatypes", "privileges"} {
		if values, _ := d[name].([]string); len(values) > 0 {
			return name, values
		}
	}
	return "", nil
}

// pieces have all values of the lists, each in an element of its own.
func (d element) pieces() (all []any) {
	for _, name := range []string{"actions", "datatypes", "privileges"} {
		values, _ := d[name].([]string)
		for _, v := range values {
			piece := maps.Clone(d)
			for _, other := range []string{"actions", "datatypes", "privileges"} {
				delete(piece, other)
			}
			all = append(all, piece.with(name, []string{v}))
		}
	}
	return all
}
