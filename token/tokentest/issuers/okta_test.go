package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func oktaRecipes() []recipe {
	return []recipe{{
		shape:  issuers.OktaCustom(),
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
