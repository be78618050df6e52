package issuers

import "github.com/postern-go/postern/token/tokentest/internal/mint"

// Spring is a Spring Authorization Server with a token customizer that sets
// type, audience, client id and roles.
func Spring() Shape {
	user := form{typ: "at+jwt", scopeForm: mint.List, claims: []claim{
		{"sub", "alice"},
		{"aud", single},
		{"nbf", now},
		{"scope", []string{"openid", "photos:read", "photos:write"}},
		{"jti", uuid},
		{"client_id", "photos-web"},
		{"roles", []string{"ROLE_PHOTOS_ADMIN"}},
	}}
	machine := user.without("roles").with(
		claim{"sub", "photos-batch"},
		claim{"scope", []string{"photos:read", "photos:write"}},
		claim{"client_id", "photos-batch"},
	)
	return Shape{
		Name:    "spring",
		Options: options("https://auth.example.com", photosAPI),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      springID().edit(),
		Refresh: opaque(""),
	}
}

// SpringDefault is a Spring Authorization Server without a customizer. Its
// access tokens are for the client that got them.
func SpringDefault() Shape {
	user := form{scopeForm: mint.List, claims: []claim{
		{"sub", "alice"},
		{"aud", "photos-web"},
		{"nbf", now},
		{"scope", []string{"openid", "photos:read", "photos:write"}},
		{"jti", uuid},
	}}
	machine := user.with(
		claim{"sub", "photos-batch"},
		claim{"aud", "photos-batch"},
		claim{"scope", []string{"photos:read", "photos:write"}},
	)
	return Shape{
		Name:    "spring-default",
		Options: options("https://auth.example.com", "photos-web", "photos-batch"),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      springID().edit(),
		Refresh: opaque(""),
	}
}

func springID() form {
	return form{claims: []claim{
		{"sub", "alice"},
		{"aud", "photos-web"},
		{"azp", "photos-web"},
		{"auth_time", now},
		{"jti", uuid},
		{"nonce", random},
		{"sid", random},
	}}
}
