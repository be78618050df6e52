package issuers_test

import (
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func auth0Recipes() []recipe {
	return []recipe{
		{
			shape: issuers.Auth0(),
			config: token.Config{Algorithms: []string{"RS256"}, Profile: token.Profile{
				Types:         []string{"JWT"},
				ClientIDClaim: "azp",
				Required:      []string{"sub", "azp", "iat"},
				Users:         []token.Mark{{Claim: "sub", Suffix: "@clients", Not: true}},
				Clients:       []token.Mark{{Claim: "sub", Suffix: "@clients"}},
				Sets:          map[string][]token.Source{"permissions": {{Claim: "permissions", Shape: token.ShapeList}}},
			}},
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"ID token for this service": tokentest.Edits(issuers.Auth0().ID, tokentest.Audience(photosAPI)),
			},
		},
		{
			shape: issuers.Auth0RFC9068(),
			config: token.Config{Algorithms: []string{"RS256"}, Profile: token.Profile{
				Users:   []token.Mark{{Claim: "sub", Suffix: "@clients", Not: true}},
				Clients: []token.Mark{{Claim: "sub", Suffix: "@clients"}},
				Sets:    map[string][]token.Source{"permissions": {{Claim: "permissions", Shape: token.ShapeList}}},
			}},
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"user, Auth0 profile":         issuers.Auth0().Access,
				"user, no audience asked for": opaque,
			},
		},
	}
}
