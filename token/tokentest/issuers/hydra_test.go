package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func hydraRecipes() []recipe {
	hydra := issuers.Hydra()
	return []recipe{{
		shape:  hydra,
		scopes: []string{"photos:read", "photos:write"},
		more: map[string]tokentest.Edit{
			"user, no audience asked for": tokentest.Edits(hydra.Access, tokentest.Audience()),
			"user, roles at the top":      tokentest.Edits(hydra.Access, tokentest.Claim("ext", map[string]any{}), tokentest.Claim("roles", []string{"photos-admin"})),
			"user, opaque token":          opaque,
			"ID token for this service":   forThisService(hydra),
		},
	}}
}
