package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func authentikRecipes() []recipe {
	authentik := issuers.Authentik()
	return []recipe{{
		shape:  authentik,
		scopes: []string{"photos"},
		more: map[string]tokentest.Edit{
			"user, client sent nonce":          tokentest.Edits(authentik.Access, tokentest.Claim("nonce", "n-0S6_WzA2Mj")),
			"user, scope photos not asked for": tokentest.Edits(authentik.Access, tokentest.WithoutClaim("scope"), tokentest.WithoutClaim("user_type")),
			"user, other application": tokentest.Edits(authentik.Access,
				tokentest.Claim("iss", "https://auth.example.com/application/o/billing/"), tokentest.Audience("bIlL1ngC11ent"), tokentest.ClientID("bIlL1ngC11ent")),
			"ID token after a sign-in with nonce": tokentest.Edits(authentik.ID, tokentest.Claim("nonce", "n-0S6_WzA2Mj")),
			"ID token with azp mapped":            tokentest.Edits(authentik.ID, tokentest.Claim("azp", "lU9sVXQ4wq3mHcM5")),
		},
	}}
}
