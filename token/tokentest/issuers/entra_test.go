package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func entraRecipes() []recipe {
	v2, v1, many := issuers.EntraV2(), issuers.EntraV1(), issuers.EntraMultiTenant()
	of := func(tenant string, shape tokentest.Edit) tokentest.Edit {
		return tokentest.Edits(tokentest.Claim("iss", "https://login.microsoftonline.com/"+tenant+"/v2.0"), shape)
	}
	return []recipe{
		{
			shape:  v2,
			scopes: []string{"photos.read", "photos.write"},
			more: map[string]tokentest.Edit{
				"machine, no idtyp":            tokentest.Edits(v2.Machine, tokentest.WithoutClaim("idtyp")),
				"user with few groups":         tokentest.Edits(v2.Access, tokentest.Claim("groups", []string{"0f3c9a7e-aaaa-4bbb-8ccc-0123456789ab"})),
				"user with more than 200":      tokentest.Edits(v2.Access, distributedGroups),
				"user, version 1.0":            tokentest.Edits(v1.Access, tokentest.Claim("iss", v1.Options.Identifier)),
				"user of another tenant":       tokentest.Edits(v2.Access, tokentest.Claim("iss", "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0")),
				"user, for Microsoft Graph":    tokentest.Edits(v2.Access, tokentest.Audience("00000003-0000-0000-c000-000000000000")),
				"ID token of one registration": tokentest.Edits(v2.ID, tokentest.Audience(v2.Options.Audience...)),
				"ID token of one, no nonce":    tokentest.Edits(v2.ID, tokentest.Audience(v2.Options.Audience...), tokentest.WithoutClaim("nonce")),
			},
		},
		{
			shape:  many,
			scopes: []string{"photos.read", "photos.write"},
			more: map[string]tokentest.Edit{
				"user of the second tenant":         of("7b0d4f52-1f6e-4c3a-8a41-90de34ab56cd", many.Access),
				"user of a tenant not listed":       of("11111111-2222-4333-8444-555555555555", many.Access),
				"user with a personal account":      of("9188040d-6c67-4c5b-b112-36a304b66dad", many.Access),
				"user of a tenant in upper case":    of("7B0D4F52-1F6E-4C3A-8A41-90DE34AB56CD", many.Access),
				"listed tid, issuer of another":     tokentest.Edits(many.Access, tokentest.Claim("iss", "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0")),
				"listed issuer, tid of another":     tokentest.Edits(many.Access, tokentest.Claim("tid", "7b0d4f52-1f6e-4c3a-8a41-90de34ab56cd")),
				"issuer with a slash more":          tokentest.Edits(many.Access, tokentest.Claim("iss", many.Options.Identifier+"/")),
				"issuer with the variable unfilled": tokentest.Edits(many.Access, tokentest.Claim("iss", "https://login.microsoftonline.com/{tenantid}/v2.0")),
				"user of the second tenant, no tid": tokentest.Edits(of("7b0d4f52-1f6e-4c3a-8a41-90de34ab56cd", many.Access), tokentest.WithoutClaim("tid")),
			},
		},
		{
			shape:  v1,
			scopes: []string{"photos.read", "photos.write"},
			more: map[string]tokentest.Edit{
				"user, version 2.0": tokentest.Edits(issuers.EntraV2().Access, tokentest.Claim("iss", issuers.EntraV2().Options.Identifier)),
			},
		},
	}
}

// distributedGroups are too many for a token, which then says where to ask.
var distributedGroups = tokentest.Edits(
	tokentest.Claim("_claim_names", map[string]string{"groups": "src1"}),
	tokentest.Claim("_claim_sources", map[string]any{"src1": map[string]string{"endpoint": "https://graph.windows.net/t/users/u/getMemberObjects"}}),
)
