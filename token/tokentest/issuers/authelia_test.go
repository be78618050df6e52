package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func autheliaRecipes() []recipe {
	authelia := issuers.Authelia()
	return []recipe{{
		shape:  authelia,
		scopes: []string{"photos:read", "photos:write"},
		more: map[string]tokentest.Edit{
			"user, no audience asked for": tokentest.Edits(authelia.Access, tokentest.Audience()),
			"user, opaque token":          opaque,
			"ID token for this service":   forThisService(authelia),
		},
	}}
}
