package openapipostern

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/postern-go/postern/scope"
)

// scheme is a security scheme that stands for the access token.
type scheme struct {
	scopes   bool                // its requirements name scopes
	bound    bool                // its tokens are bound to keys
	declared map[string]struct{} // those there are, or nil if the document does not say
}

// tokenSchemes are the schemes of Options.Schemes.
func tokenSchemes(declared openapi3.SecuritySchemes, o *Options) (map[string]scheme, []error) {
	schemes := make(map[string]scheme, len(o.Schemes))
	var faults []error
	for _, name := range o.Schemes {
		s, err := tokenScheme(name, declared[name])
		if err != nil {
			faults = append(faults, err)
			continue
		}
		schemes[name] = s
	}
	for _, name := range o.Elsewhere {
		if declared[name] == nil {
			faults = append(faults, wrong("", "Options.Elsewhere names the security scheme %s, which the document does not have", quoted(name)))
		}
	}
	return schemes, faults
}

func tokenScheme(name string, ref *openapi3.SecuritySchemeRef) (scheme, error) {
	if ref == nil || ref.Value == nil {
		return scheme{}, wrong("", "Options.Schemes names the security scheme %s, which the document does not have", quoted(name))
	}
	switch s := ref.Value; {
	case s.Type == "oauth2":
		declared, err := declaredScopes(s.Flows)
		return scheme{scopes: true, declared: declared}, err
	case s.Type == "openIdConnect":
		return scheme{scopes: true}, nil
	case s.Type == "http" && strings.EqualFold(s.Scheme, "bearer"):
		return scheme{}, nil
	case s.Type == "http" && strings.EqualFold(s.Scheme, "dpop"): // RFC 9449 §7.1
		return scheme{bound: true}, nil
	default:
		return scheme{}, wrong("", "Options.Schemes names the security scheme %s, which is %s and so no access token", quoted(name), kind(s))
	}
}

// kind is what sort of scheme s is.
func kind(s *openapi3.SecurityScheme) string {
	if s.Type == "http" {
		return "http " + quoted(s.Scheme)
	}
	return quoted(s.Type)
}

func declaredScopes(flows *openapi3.OAuthFlows) (map[string]struct{}, error) {
	declared := map[string]struct{}{}
	if flows == nil {
		return declared, nil
	}
	for _, flow := range []*openapi3.OAuthFlow{flows.Implicit, flows.Password, flows.ClientCredentials, flows.AuthorizationCode} {
		if flow == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(flow.Scopes)) {
			if !scope.Valid(name) {
				return nil, wrong("", "a flow declares %s, which is no scope of RFC 6749, section 3.3", quoted(name))
			}
			declared[name] = struct{}{}
		}
	}
	return declared, nil
}

// check says what is wrong with the scopes that a requirement names for s.
func (s scheme) check(scopes []string) string {
	if !s.scopes && len(scopes) > 0 {
		return "names " + quoted(scopes[0]) + ", which is a role and no scope for a scheme of type http; use one of type oauth2, or " + policyField
	}
	for _, name := range scopes {
		if !scope.Valid(name) {
			return "names " + quoted(name) + ", which is no scope of RFC 6749, section 3.3"
		}
		if _, ok := s.declared[name]; !ok && s.declared != nil {
			return "names the scope " + quoted(name) + ", which none of its flows declares"
		}
	}
	return ""
}
