package issuers_test

import (
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func dexRecipes() []recipe {
	return []recipe{{
		shape: issuers.Dex(),
		config: token.Config{Algorithms: []string{"RS256"}, Profile: token.Profile{
			Types:            []string{},
			AllowMissingType: true,
			Required:         []string{"sub", "iat"},
		}},
		good: tokentest.WithoutClaim("at_hash"),
	}}
}
