package openapipostern

import (
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/postern-go/postern/scope"
)

// policyField is the extension of an operation with the text of a policy.
const policyField = "x-postern-policy"

// narrowed adds the policy of x-postern-policy to what security asks for. It
// cannot widen that: clients and their tools read security alone, and so may
// whoever reviews the document.
func (r *reader) narrowed(policy scope.Policy, op *openapi3.Operation) (scope.Policy, error) {
	value, ok := op.Extensions[policyField]
	if !ok {
		return policy, nil
	}
	text, ok := value.(string)
	if !ok {
		return scope.Policy{}, wrong("", "%s is no text", policyField)
	}
	own, err := scope.ParsePolicy(text, r.options.Rules...)
	if err != nil {
		return scope.Policy{}, because(policyField, err)
	}
	if lax(policy) || lax(own) {
		return scope.Policy{}, wrong("", "%s is %v beside security that is %v, want two rules that ask for a token", policyField, own, policy)
	}
	if own.String() == scope.Authenticated.String() {
		return scope.Policy{}, wrong("", "%s is %v, which adds nothing to security that is %v", policyField, own, policy)
	}
	return policy.And(own), nil
}

// lax reports whether p lets calls without a token through.
func lax(p scope.Policy) bool { return p.IsPublic() || p.IsOptional() }
