package settings

import (
	"context"
	"fmt"

	"github.com/postern-go/postern/token"
)

// Authenticator returns the Authenticator of all issuers: the Verifier itself if
// there is one issuer, token.ByIssuer with a Verifier for each if there are
// several, and a token.Resolver if there are templates. It reads the files that
// the settings name, and makes no request. An error matches token.ErrConfig.
func (f *File) Authenticator() (token.Authenticator, error) {
	configs, err := f.built()
	if err != nil {
		return nil, err
	}
	verifiers := map[string]token.Authenticator{}
	var templates []token.Template
	for i, c := range configs {
		if f.Issuers[i].Template != "" {
			templates = append(templates, f.Issuers[i].template(c))
			continue
		}
		verifier, err := token.NewVerifier(c.Config)
		if err != nil {
			return nil, f.placed(&located{fmt.Sprintf("issuers[%d]", i), err})
		}
		if len(configs) == 1 {
			return verifier, nil
		}
		verifiers[c.Issuer] = verifier
	}
	if len(templates) == 0 {
		return token.ByIssuer(verifiers), nil
	}
	resolver, err := token.NewResolver(resolving(templates, verifiers))
	if err != nil {
		return nil, f.placed(err)
	}
	return resolver, nil
}

// resolving is for templates and for issuers that are known by name.
func resolving(templates []token.Template, verifiers map[string]token.Authenticator) token.ResolverConfig {
	c := token.ResolverConfig{Templates: templates}
	if len(verifiers) == 0 {
		return c
	}
	c.Allow = func(issuer string) bool { return verifiers[issuer] != nil }
	c.Resolve = func(_ context.Context, issuer string) (token.Authenticator, error) {
		if v := verifiers[issuer]; v != nil {
			return v, nil
		}
		return nil, token.ErrIssuer
	}
	return c
}
