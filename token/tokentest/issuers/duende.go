package issuers

import "github.com/postern-go/postern/token/tokentest/internal/mint"

// Duende is a Duende IdentityServer with an API resource, and with its default
// options.
func Duende() Shape {
	user := form{typ: "at+jwt", scopeForm: mint.List, claims: []claim{
		{"nbf", now},
		{"aud", single},
		{"scope", []string{"openid", "photos:read", "photos:write"}},
		{"amr", []string{"pwd"}},
		{"client_id", "photos.web"},
		{"sub", "818727"},
		{"auth_time", now},
		{"idp", "local"},
		{"role", []string{"photos-admin", "support"}},
		{"sid", prefixed("")},
		{"jti", prefixed("")},
	}}
	machine := user.without("amr", "sub", "auth_time", "idp", "role", "sid").with(
		claim{"scope", []string{"photos:read", "photos:write"}},
		claim{"client_id", "photos.job"},
	)
	id := form{typ: "JWT", claims: []claim{
		{"nbf", now},
		{"aud", "photos.web"},
		{"amr", []string{"pwd"}},
		{"nonce", random},
		{"at_hash", random},
		{"sid", random},
		{"sub", "818727"},
		{"auth_time", now},
		{"idp", "local"},
	}}
	return Shape{
		Name:    "duende",
		Options: options("https://identity.example.com", photosAPI),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque(""),
	}
}
