package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func duendeRecipes() []recipe {
	duende := issuers.Duende()
	return []recipe{{
		shape:  duende,
		scopes: []string{"photos:read", "photos:write"},
		more: map[string]tokentest.Edit{
			"user, scopes in a string":    tokentest.Edits(duende.Access, tokentest.Claim("scope", "openid photos:read photos:write")),
			"user, one role":              tokentest.Edits(duende.Access, tokentest.Claim("role", "photos-admin")),
			"machine, with a sub":         tokentest.Edits(duende.Machine, tokentest.Subject("photos.job")),
			"machine, client claim":       tokentest.Edits(duende.Machine, tokentest.Claim("client_role", "photos-admin")),
			"user, static audience alone": tokentest.Edits(duende.Access, tokentest.Audience("https://identity.example.com/resources")),
			"user, scope of no resource":  tokentest.Edits(duende.Access, tokentest.WithoutClaim("aud")),
			"ID token for this service":   forThisService(duende),
		},
	}}
}
