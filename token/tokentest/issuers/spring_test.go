package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func springRecipes() []recipe {
	plain := issuers.SpringDefault()
	return []recipe{
		{
			shape:  issuers.Spring(),
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"ID token for this service": forThisService(issuers.Spring()),
				"user, no customizer":       plain.Access,
			},
		},
		{
			shape:  plain,
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"user, got for another service": plain.Access,
				"user, client not listed":       tokentest.Edits(plain.Access, tokentest.Audience("billing-web")),
				"machine, no scope":             tokentest.Edits(plain.Machine, tokentest.Scope()),
				"ID token without nonce":        tokentest.Edits(plain.ID, tokentest.WithoutClaim("nonce")),
				"ID token with scope":           tokentest.Edits(plain.ID, tokentest.WithoutClaim("nonce"), tokentest.Claim("scope", []string{"openid"})),
			},
		},
	}
}
