package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func zitadelRecipes() []recipe {
	zitadel := issuers.ZITADEL()
	const roles = "urn:zitadel:iam:org:project:323568173649035265:roles"
	return []recipe{{
		shape: zitadel,
		more: map[string]tokentest.Edit{
			"user, no action": tokentest.Edits(zitadel.Access, tokentest.WithoutClaim("urn:example:kind")),
			"user, role in the client's project": tokentest.Edits(zitadel.Access, tokentest.WithoutClaim(roles),
				tokentest.Claim("urn:zitadel:iam:org:project:roles", map[string]any{"admin": map[string]any{"323567890123456789": "example.com"}})),
			"user, no role":           tokentest.Edits(zitadel.Access, tokentest.WithoutClaim(roles)),
			"user, other project":     tokentest.Edits(zitadel.Access, tokentest.Audience("323568201947021313", "323599999999999999")),
			"ID token without hash":   tokentest.Edits(zitadel.ID, tokentest.WithoutClaim("nonce"), tokentest.WithoutClaim("at_hash")),
			"personal access token":   opaque,
			"user, roles in an array": tokentest.Edits(zitadel.Access, tokentest.Claim(roles, []string{"photos.reader"})),
		},
	}}
}
