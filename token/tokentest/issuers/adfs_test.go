package issuers_test

import (
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func adfsRecipes() []recipe {
	adfs := issuers.ADFS()
	return []recipe{{
		shape: adfs,
		config: token.Config{Algorithms: []string{"RS256"}, Profile: token.Profile{
			Types:         []string{"JWT"},
			ClientIDClaim: "appid",
			Required:      []string{"appid", "iat"},
			Scopes:        []token.Source{{Claim: "scp", Shape: token.ShapeWords}},
			Users:         []token.Mark{notTheClient},
			Sets:          map[string][]token.Source{"roles": {{Claim: "role", Shape: token.ShapeTextOrList}}},
		}},
		scopes: []string{"photos:read", "photos:write"},
		iss:    "http://adfs.example.com/adfs/services/trust",
		keys:   map[string]any{"discover_at": "https://adfs.example.com/adfs"},
		more: map[string]tokentest.Edit{
			"user, several roles":        tokentest.Edits(adfs.Access, tokentest.Claim("role", []string{"photos-admins", "support"})),
			"user, no resource named":    tokentest.Edits(adfs.Access, tokentest.Audience("microsoft:identityserver:48b87db5-7bf1-4c9d-8464-4d149e75270e")),
			"user, no rule for sub":      tokentest.Edits(adfs.Access, tokentest.WithoutClaim("sub")),
			"ID token for this service":  forThisService(adfs),
			"access token of other farm": tokentest.Edits(adfs.Access, tokentest.Claim("iss", "http://sts.example.net/adfs/services/trust")),
		},
	}}
}
