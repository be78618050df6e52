package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func dexRecipes() []recipe {
	return []recipe{{
		shape: issuers.Dex(),
		good:  tokentest.WithoutClaim("at_hash"),
	}}
}
