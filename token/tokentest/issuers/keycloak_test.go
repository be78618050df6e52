package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func keycloakRecipes() []recipe {
	shape := issuers.Keycloak()
	return []recipe{{
		shape:  shape,
		scopes: []string{"photos:read", "photos:write"},
		more: map[string]tokentest.Edit{
			"user, typ at+jwt":                  tokentest.Edits(shape.Access, tokentest.Type("at+jwt")),
			"user, no audience mapper":          tokentest.Edits(shape.Access, tokentest.Audience("account")),
			"machine, no audience at all":       tokentest.Edits(shape.Machine, tokentest.WithoutClaim("aud")),
			"machine, no scope service_account": tokentest.Edits(shape.Machine, tokentest.WithoutClaim("client_id")),
			"user called service-account-x":     tokentest.Edits(shape.Access, tokentest.Claim("preferred_username", "service-account-x")),
			"user, Keycloak before 25, with a nonce": tokentest.Edits(shape.Access,
				tokentest.Claim("nonce", "n-0S6_WzA2Mj")),
			"user, bound by DPoP": tokentest.Edits(shape.Access,
				tokentest.Claim("typ", "DPoP"), tokentest.Claim("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
			"user, role in two places": tokentest.Edits(shape.Access, tokentest.Claim("resource_access", map[string]any{
				"photos.admin": map[string]any{"roles": []string{"editor"}}, "photos": []map[string]any{{"roles": []string{"editor"}}},
			})),
			"ID token for this service": tokentest.Edits(shape.ID, tokentest.Audience(photosAPI)),
		},
	}}
}
