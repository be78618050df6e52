package scope

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// Detail has the members that elements of authorization_details of every type
// have in common (RFC 9396 §2.2). It is what HasDetail wants of an element, and
// may be the T of token.DetailsOf.
type Detail struct {
	// Type is the type of the element. It is required.
	Type string `json:"type"`
	// Actions are the actions that the call needs, such as "read".
	Actions []string `json:"actions"`
	// Datatypes are the kinds of data that it needs, such as "contacts".
	Datatypes []string `json:"datatypes"`
	// Privileges are the levels of privilege that it needs.
	Privileges []string `json:"privileges"`
	// Identifier is the resource that the element must be about. In a rule ""
	// means that it does not matter.
	Identifier string `json:"identifier"`
	// Locations are resource servers, all of which the element must name. A rule
	// seldom needs them: elements for other services do not count anyway, see
	// token.DetailsOf.
	Locations []string `json:"locations"`
}

// HasDetail asks for a good token with an element in authorization_details
// (RFC 9396) that has everything in d: its type, every one of the values listed,
// and its identifier. A list that is nil or empty asks for nothing. All of it
// must be in one element: the action of one says nothing about the datatypes of
// another. Texts are compared byte for byte.
//
// A token without such an element is refused with token.ErrDetail, and a
// malformed claim with token.ErrClaim. token.DetailsOf says which elements
// count. HasDetail panics, with an error that matches token.ErrConfig, if the
// type or a listed value is empty: it is for literals.
func HasDetail(d Detail) Policy {
	for _, list := range []*[]string{&d.Actions, &d.Datatypes, &d.Privileges, &d.Locations} {
		if slices.Contains(*list, "") {
			panic(fmt.Errorf("scope: %w: a value of a detail is empty", token.ErrConfig))
		}
		*list = appendNew(nil, *list...)
	}
	p := detailRule(d.Type, d.members(), d.grantedBy)
	p.rules[0].element = &d
	return p
}

// Details asks for a good token with an element of this type in
// authorization_details (RFC 9396) that f approves of. Elements are decoded into
// a T as by token.DetailsOf, which says which of them count. f gets one element
// at a time, and has to find all that the call needs in it.
//
// It refuses as HasDetail does. f may be called concurrently and should not
// block. A panic of f surfaces in the goroutine of the call, like a panic of a
// handler, and lets no call through. Details panics, with an error that matches
// token.ErrConfig, if typ is empty or f is nil.
func Details[T any](typ string, f func(T) bool) Policy {
	if f == nil {
		panic(fmt.Errorf("scope: %w: the function for details of type %q is nil", token.ErrConfig, typ))
	}
	return detailRule(typ, "func", f)
}

// DetailTypes lists every type of authorization_details that the policy speaks
// of, once each. A metadata document lists them as
// authorization_details_types_supported.
func (p Policy) DetailTypes() []string {
	var types []string
	for _, r := range p.rules {
		if r.detail != "" {
			types = appendNew(types, r.detail)
		}
		for _, branch := range r.branches {
			types = appendNew(types, branch.DetailTypes()...)
		}
	}
	return types
}

// members are those of d as a policy prints them: "actions(initiate, cancel),
// identifier(x)".
func (d Detail) members() string {
	var members []string
	add := func(name string, values []string) {
		if len(values) > 0 {
			members = append(members, name+"("+words(values)+")")
		}
	}
	add("actions", d.Actions)
	add("datatypes", d.Datatypes)
	add("privileges", d.Privileges)
	if d.Identifier != "" {
		add("identifier", []string{d.Identifier})
	}
	add("locations", d.Locations)
	return strings.Join(members, ", ")
}

// grantedBy reports whether one element has all of d.
func (d Detail) grantedBy(element Detail) bool {
	return (d.Identifier == "" || d.Identifier == element.Identifier) &&
		containsAll(element.Actions, d.Actions) && containsAll(element.Datatypes, d.Datatypes) &&
		containsAll(element.Privileges, d.Privileges) && containsAll(element.Locations, d.Locations)
}

func containsAll(list, need []string) bool {
	return !slices.ContainsFunc(need, func(s string) bool { return !slices.Contains(list, s) })
}

// detailRule is the policy that wants one element of a type that is enough.
func detailRule[T any](typ, wanted string, enough func(T) bool) Policy {
	literals("type of detail", []string{typ})
	name := "detail " + word(typ) + "(" + wanted + ")"
	lacking := &refusal{rule: name, why: token.ErrDetail, seen: func(t *token.Token) string { return ": " + detailsSeen(t, typ) }}
	p := application(name, func(t *token.Token) error {
		elements, err := token.DetailsOf[T](t, typ)
		if err != nil {
			return refusedBy(name, err)
		}
		if !slices.ContainsFunc(elements, enough) {
			return lacking
		}
		return nil
	})
	p.rules[0].detail = typ
	return p
}

// detailsSeen says what a token has of a type. It leaves out what names an
// account or a person.
func detailsSeen(t *token.Token, typ string) string {
	elements, err := token.DetailsOf[Detail](t, typ)
	if err != nil || len(elements) == 0 {
		return detailTypesSeen(t, typ)
	}
	seen := make([]string, len(elements))
	for i, e := range elements {
		e.Identifier, e.Locations = "", nil
		seen[i] = "(" + e.members() + ")"
	}
	return "of this type the token has " + printable.Value("["+strings.Join(seen, ", ")+"]") + ", want all of it in one element"
}

// detailTypesSeen is detailsSeen for a token of which no element of the type
// counts.
func detailTypesSeen(t *token.Token, typ string) string {
	claims, _ := token.ClaimsOf[struct {
		Details []struct {
			Type string `json:"type"`
		} `json:"authorization_details"`
	}](t)
	var types []string
	for _, d := range claims.Details {
		types = appendNew(types, d.Type)
	}
	switch {
	case len(types) == 0:
		return "the token has no authorization_details"
	case slices.Contains(types, typ):
		return "of this type the token has only details that are malformed, or for other locations, want one of Config.Audience"
	default:
		return "the token has details of the types " + printable.Value("["+words(types)+"]") + ", want " + quoted(typ)
	}
}
