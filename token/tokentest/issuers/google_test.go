package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func googleRecipes() []recipe {
	shape := issuers.Google()
	return []recipe{{
		shape:   shape,
		machine: true,
		more: map[string]tokentest.Edit{
			"machine of another project": tokentest.Edits(shape.Machine, tokentest.Claim("email", "photos-push@evil.iam.gserviceaccount.com")),
			"machine, checked by Cloud Run before": tokentest.Edits(shape.Machine, tokentest.Segments(func(h, p, _ string) (string, string, string) {
				return h, p, "SIGNATURE_REMOVED_BY_GOOGLE"
			})),
			"machine, no email asked for":       tokentest.Edits(shape.Machine, tokentest.WithoutClaim("email"), tokentest.WithoutClaim("email_verified")),
			"machine, iss without https":        tokentest.Edits(shape.Machine, tokentest.Claim("iss", "accounts.google.com")),
			"ID token of a user, audience ours": tokentest.Edits(shape.ID, tokentest.Audience(photosAPI)),
		},
	}}
}

func firebaseRecipes() []recipe {
	shape := issuers.Firebase()
	return []recipe{{
		shape: shape,
		more: map[string]tokentest.Edit{
			"anonymous user": tokentest.Edits(shape.Access, tokentest.Claim("firebase", map[string]any{
				"identities": map[string]any{}, "sign_in_provider": "anonymous",
			})),
			"user of a tenant": tokentest.Edits(shape.Access, tokentest.Claim("firebase", map[string]any{
				"identities": map[string]any{"email": []string{"alice@example.com"}}, "sign_in_provider": "password", "tenant": "acme-x7k2p",
			})),
			"session cookie":          tokentest.Edits(shape.Access, tokentest.Claim("iss", "https://session.firebase.google.com/photos-prod")),
			"user of another project": tokentest.Edits(shape.Access, tokentest.Claim("iss", "https://securetoken.google.com/evil"), tokentest.Audience("evil")),
		},
	}}
}

func supabaseRecipes() []recipe {
	shape := issuers.Supabase()
	return []recipe{{
		shape: shape,
		more: map[string]tokentest.Edit{
			"anonymous user": tokentest.Edits(shape.Access, tokentest.Claim("is_anonymous", true)),
			"user, through an app of the OAuth server": tokentest.Edits(shape.Access,
				tokentest.ClientID("4b227777-d4dd-4fc6-8f88-4864d31b47a8"), tokentest.Scope("openid", "email")),
			"ID token, audience authenticated": tokentest.Edits(shape.ID, tokentest.Audience("authenticated")),
			"user, signed with HS256":          tokentest.Edits(shape.Access, tokentest.Header("alg", "HS256")),
			"key anon or service_role": tokentest.Edits(shape.Access, tokentest.Claim("iss", "supabase"), tokentest.WithoutClaim("aud"),
				tokentest.Claim("role", "service_role"), tokentest.Header("alg", "HS256")),
		},
	}}
}
