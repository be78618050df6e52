package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func auth0Recipes() []recipe {
	return []recipe{
		{
			shape:  issuers.Auth0(),
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"ID token for this service": tokentest.Edits(issuers.Auth0().ID, tokentest.Audience(photosAPI)),
			},
		},
		{
			shape:  issuers.Auth0RFC9068(),
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"user, Auth0 profile":         issuers.Auth0().Access,
				"user, no audience asked for": opaque,
			},
		},
	}
}
