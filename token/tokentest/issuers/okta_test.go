package issuers_test

import (
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func oktaRecipes() []recipe {
	return []recipe{{
		shape: issuers.OktaCustom(),
		config: token.Config{Algorithms: []string{"RS256"}, Profile: token.Profile{
			Types:            []string{},
			AllowMissingType: true,
			ScopeClaim:       "scp",
			ScopeList:        true,
			ClientIDClaim:    "cid",
			Required:         []string{"sub", "cid", "iat", "jti"},
			Users:            []token.Mark{{Claim: "uid", Present: true}},
			Sets:             map[string][]token.Source{"groups": {{Claim: "photos_groups", Shape: token.ShapeList}}},
		}},
		scopes: []string{"photos:read", "photos:write"},
		more: map[string]tokentest.Edit{
			"ID token for this service": tokentest.Edits(issuers.OktaCustom().ID, tokentest.Audience(photosAPI)),
			"user, bound by DPoP": tokentest.Edits(issuers.OktaCustom().Access,
				tokentest.Claim("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
			"user, org server": tokentest.Edits(issuers.OktaCustom().Access,
				tokentest.Claim("iss", "https://photos.okta.com"), tokentest.Audience("https://photos.okta.com")),
		},
	}}
}
