package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func adfsRecipes() []recipe {
	adfs := issuers.ADFS()
	return []recipe{{
		shape:  adfs,
		scopes: []string{"photos:read", "photos:write"},
		more: map[string]tokentest.Edit{
			"user, several roles":        tokentest.Edits(adfs.Access, tokentest.Claim("role", []string{"photos-admins", "support"})),
			"user, no resource named":    tokentest.Edits(adfs.Access, tokentest.Audience("microsoft:identityserver:48b87db5-7bf1-4c9d-8464-4d149e75270e")),
			"user, no rule for sub":      tokentest.Edits(adfs.Access, tokentest.WithoutClaim("sub")),
			"ID token for this service":  forThisService(adfs),
			"access token of other farm": tokentest.Edits(adfs.Access, tokentest.Claim("iss", "http://sts.example.net/adfs/services/trust")),
		},
	}}
}
