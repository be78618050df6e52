package openapipostern

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/postern-go/postern/scope"
)

// alternative is one security requirement, as far as it matters here.
type alternative struct {
	token     bool     // it asks for an access token
	scopes    []string // that the token must all have
	bound     bool     // the token must be bound to a key
	elsewhere string   // the schemes that something else enforces
}

// asked are the alternatives of an operation.
type asked []alternative

// alternatives reads a list of security requirements.
func (r *reader) alternatives(requirements openapi3.SecurityRequirements) (asked, error) {
	var all asked
	for _, requirement := range requirements {
		a, err := r.alternative(requirement)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// alternative reads one requirement: all of its schemes are asked for.
func (r *reader) alternative(requirement openapi3.SecurityRequirement) (a alternative, err error) {
	var elsewhere []string
	for _, name := range slices.Sorted(maps.Keys(requirement)) {
		if slices.Contains(r.options.Elsewhere, name) {
			elsewhere = append(elsewhere, name)
			continue
		}
		s, ok := r.schemes[name]
		if !ok {
			return alternative{}, r.stranger(name)
		}
		if fault := s.check(requirement[name]); fault != "" {
			return alternative{}, wrong("", "scheme %s %s", quoted(name), fault)
		}
		a.token, a.bound = true, a.bound || s.bound
		a.scopes = append(a.scopes, requirement[name]...)
	}
	a.elsewhere = strings.Join(elsewhere, "\x00")
	return a, nil
}

// stranger says why a scheme is not one of the options.
func (r *reader) stranger(name string) error {
	if ref := r.declared[name]; ref != nil && ref.Value != nil {
		return wrong("", "scheme %s, which is %s, is neither in Options.Schemes, as one that stands for the access token, nor in Options.Elsewhere", quoted(name), kind(ref.Value))
	}
	return wrong("", "scheme %s is not in components.securitySchemes", quoted(name))
}

// policy is the one policy that asks for one of the alternatives. No
// alternative at all says that the operation is public.
func (r *reader) policy(operation string, all asked) (scope.Policy, error) {
	with := slices.DeleteFunc(slices.Clone(all), func(a alternative) bool { return !a.token })
	switch {
	case len(with) == 0:
		return r.withoutToken(operation, all)
	case len(with) < len(all):
		return r.optional(operation, all)
	}
	if all.differElsewhere() {
		return scope.Policy{}, wrong("", "its alternatives require different schemes of Options.Elsewhere, so that no guard can tell which one holds")
	}
	return either(with)
}

// withoutToken is the policy of an operation that asks for no token.
func (r *reader) withoutToken(operation string, all asked) (scope.Policy, error) {
	if !all.elsewhere() {
		return scope.Public, nil
	}
	if !r.publicHere.take(operation) {
		return scope.Policy{}, wrong("", "only schemes of Options.Elsewhere protect it, so that it would be public here; name it in Options.PublicHere if that is meant")
	}
	return scope.Public, nil
}

// optional is the policy of an operation with an alternative that asks for a
// token and one that does not.
func (r *reader) optional(operation string, all asked) (scope.Policy, error) {
	exact := !all.elsewhere() && !slices.ContainsFunc(all, func(a alternative) bool { return a.narrows() })
	if !exact && !r.optionalHere.take(operation) {
		return scope.Policy{}, wrong("", "a public rule that names scopes or DPoP: one alternative asks for no token, so that the others ask for nothing; name it in Options.OptionalHere if its handler looks at the token")
	}
	return scope.Optional, nil
}

// elsewhere reports whether something else enforces a part of it.
func (all asked) elsewhere() bool {
	return slices.ContainsFunc(all, func(a alternative) bool { return a.elsewhere != "" })
}

func (all asked) differElsewhere() bool {
	return slices.ContainsFunc(all, func(a alternative) bool { return a.elsewhere != all[0].elsewhere })
}

// either joins alternatives that all ask for a token.
func either(with asked) (scope.Policy, error) {
	policy := with[0].policy()
	for _, a := range with[1:] {
		if !a.narrows() || !with[0].narrows() {
			return scope.Policy{}, wrong("", "an alternative asks for nothing but a token, so that the others never matter")
		}
		policy = policy.Or(a.policy())
	}
	return policy, nil
}

// narrows reports whether it asks for more than a token.
func (a alternative) narrows() bool { return len(a.scopes) > 0 || a.bound }

func (a alternative) policy() scope.Policy {
	p := scope.Authenticated
	if len(a.scopes) > 0 {
		p = scope.All(a.scopes...)
	}
	if a.bound {
		p = p.And(scope.Bound)
	}
	return p
}
