package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func cognitoRecipes() []recipe {
	elsewhere, bound := issuers.Cognito(), issuers.CognitoResource()
	scopes := []string{"https://photos.example.com/read", "https://photos.example.com/write"}
	return []recipe{
		{
			shape:  elsewhere,
			scopes: scopes,
			more: map[string]tokentest.Edit{
				"user, signed in by InitiateAuth":          tokentest.Edits(elsewhere.Access, tokentest.Scope("aws.cognito.signin.user.admin")),
				"user, asked for with resource":            tokentest.Edits(elsewhere.Access, tokentest.Claim("aud", photosAPI)),
				"user of another client":                   tokentest.Edits(elsewhere.Access, tokentest.ClientID("1another2client3")),
				"user, bound to another service":           tokentest.Edits(elsewhere.Access, tokentest.Claim("aud", "https://other.example.com")),
				"ID token without at_hash, with client_id": tokentest.Edits(elsewhere.ID, tokentest.WithoutClaim("at_hash"), tokentest.ClientID(elsewhere.Options.Audience[0])),
			},
		},
		{
			shape:  bound,
			scopes: scopes,
			more: map[string]tokentest.Edit{
				"user, no resource asked for": elsewhere.Access,
			},
		},
	}
}
