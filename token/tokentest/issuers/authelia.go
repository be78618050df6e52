package issuers

import "github.com/postern-go/postern/token/tokentest/internal/mint"

// Authelia is an Authelia whose clients get JWT access tokens with groups.
func Authelia() Shape {
	const user = "6e0c6b0a-2f3c-4f51-9a0e-7d1f5c3b2a19"
	access := form{typ: "at+jwt", scope: "scp", scopeForm: mint.List, claims: []claim{
		{"aud", inArray},
		{"client_id", "photos-web"},
		{"groups", []string{"photos-admins"}},
		{"jti", uuid},
		{"nbf", now},
		{"scp", []string{"openid", "groups", "photos:read", "photos:write"}},
		{"sub", user},
	}}
	machine := access.without("groups").with(
		claim{"client_id", "photos-job"},
		claim{"scp", []string{"photos:read", "photos:write"}},
		claim{"sub", "photos-job"},
	)
	id := form{typ: "JWT", claims: []claim{
		{"amr", []string{"pwd", "otp", "mfa"}},
		{"at_hash", random},
		{"aud", []string{"photos-web"}},
		{"auth_time", now},
		{"azp", "photos-web"},
		{"client_id", "photos-web"},
		{"jti", uuid},
		{"nonce", random},
		{"sub", user},
	}}
	return Shape{
		Name:    "authelia",
		Options: options("https://auth.example.com", photosAPI),
		Access:  access.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque("authelia_rt_"),
	}
}
