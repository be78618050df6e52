package issuers_test

import (
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func duendeRecipes() []recipe {
	duende := issuers.Duende()
	return []recipe{{
		shape: duende,
		config: token.Config{Algorithms: []string{"RS256"}, Profile: token.Profile{
			Required: []string{"client_id", "iat", "jti"},
			Scopes:   []token.Source{{Claim: "scope", Shape: token.ShapeWordsOrList}},
			Users:    []token.Mark{notTheClient},
			Clients:  []token.Mark{noSubject},
			Sets:     map[string][]token.Source{"roles": {{Claim: "role", Shape: token.ShapeTextOrList}}},
		}},
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
