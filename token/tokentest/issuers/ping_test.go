package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

// forThisService is an ID token that an issuer was brought to issue for it, and
// that nothing but its claims gives away.
func forThisService(shape issuers.Shape) tokentest.Edit {
	return tokentest.Edits(shape.ID, tokentest.Audience(photosAPI), tokentest.WithoutClaim("nonce"), tokentest.WithoutClaim("at_hash"))
}

func pingRecipes() []recipe {
	one := issuers.PingOne()
	return []recipe{
		{
			shape:  one,
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"user, after 1 March 2027":  tokentest.Edits(one.Access, tokentest.Type("at+jwt")),
				"machine, no scope":         tokentest.Edits(one.Machine, tokentest.Scope()),
				"ID token for this service": forThisService(one),
			},
		},
		{
			shape:  issuers.PingFederate(),
			scopes: []string{"photos:read", "photos:write"},
			more: map[string]tokentest.Edit{
				"user, one group":           tokentest.Edits(issuers.PingFederate().Access, tokentest.Claim("groups", "photos-admins")),
				"user, no type set":         tokentest.Edits(issuers.PingFederate().Access, tokentest.WithoutHeader("typ")),
				"user, reference token":     opaque,
				"ID token for this service": forThisService(issuers.PingFederate()),
			},
		},
	}
}
