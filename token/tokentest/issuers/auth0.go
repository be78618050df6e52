package issuers

import "github.com/postern-go/postern/token/tokentest"

const (
	auth0Issuer = "https://photos.eu.auth0.com/"
	auth0Client = "pHoT0sWebq7Lr2Xn9Vb4Kd6Tf8Gh1Jm3"
	auth0Job    = "jObN1ghtZw5Ce8Rt2Yv6Bn4Mk9Lp3Qs7"
	auth0User   = "auth0|66f1c0ffee5a1b2c3d4e5f60"
)

// Auth0 is an Auth0 tenant whose API has the default access token profile, and
// RBAC with permissions in the access token.
func Auth0() Shape {
	user := form{typ: "JWT", clientID: "azp", claims: []claim{
		{"sub", auth0User},
		{"aud", both(auth0Issuer + "userinfo")},
		{"scope", "openid profile photos:read photos:write"},
		{"azp", auth0Client},
		{"permissions", []string{"albums:share"}},
	}}
	return auth0("auth0", user, user.with(
		claim{"sub", auth0Job + "@clients"},
		claim{"aud", single},
		claim{"scope", "photos:read photos:write"},
		claim{"azp", auth0Job},
		claim{"gty", "client-credentials"},
	))
}

// Auth0RFC9068 is Auth0 with the RFC 9068 access token profile.
func Auth0RFC9068() Shape {
	user := form{typ: "at+jwt", claims: []claim{
		{"sub", auth0User},
		{"aud", both(auth0Issuer + "userinfo")},
		{"scope", "openid profile photos:read photos:write"},
		{"jti", random},
		{"client_id", auth0Client},
		{"permissions", []string{"albums:share"}},
	}}
	return auth0("auth0-rfc9068", user, user.with(
		claim{"sub", auth0Job + "@clients"},
		claim{"aud", single},
		claim{"scope", "photos:read photos:write"},
		claim{"client_id", auth0Job},
	))
}

func auth0(name string, user, machine form) Shape {
	id := form{typ: "JWT", claims: []claim{
		{"nickname", "alice"},
		{"name", "alice@example.com"},
		{"picture", "https://cdn.example.com/avatars/al.png"},
		{"updated_at", "2026-11-02T08:30:00.000Z"},
		{"email", "alice@example.com"},
		{"email_verified", true},
		{"aud", auth0Client},
		{"sub", auth0User},
		{"sid", random},
		{"nonce", random},
	}}
	return Shape{
		Name:    name,
		Options: options(auth0Issuer, photosAPI),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque("v1."),
	}
}

// options are those of most servers, which sign with RS256.
func options(issuer string, audience ...string) tokentest.Options {
	return tokentest.Options{Identifier: issuer, Audience: audience, Algorithms: []string{"RS256"}}
}
