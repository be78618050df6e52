package issuers_test

import (
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func cognitoRecipes() []recipe {
	elsewhere, bound := issuers.Cognito(), issuers.CognitoResource()
	profile := token.Profile{
		Types:            []string{},
		AllowMissingType: true,
		Rules:            []token.Mark{{Claim: "token_use", Values: []string{"access"}}},
		Users:            []token.Mark{{Claim: "username", Present: true}},
		Sets:             map[string][]token.Source{"groups": {{Claim: "cognito:groups", Shape: token.ShapeList}}},
	}
	clients := profile
	clients.AudienceClaim = "client_id"
	scopes := []string{"https://photos.example.com/read", "https://photos.example.com/write"}
	return []recipe{
		{
			shape:  elsewhere,
			config: token.Config{Algorithms: []string{"RS256"}, Profile: clients},
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
			config: token.Config{Algorithms: []string{"RS256"}, Profile: profile},
			scopes: scopes,
			more: map[string]tokentest.Edit{
				"user, no resource asked for": elsewhere.Access,
			},
		},
	}
}
