package issuers

const (
	pingClient = "2d5c6f0e-1b7a-4c7e-9d51-8c1e44b3a111"
	pingJob    = "71b7f3de-0d7a-4f6c-8a0c-5b2e6f9d2222"
	pingUser   = "c6f3a6f2-6e1b-4f5a-9d0f-7a1f3c2b3333"
)

// PingOne is an environment of PingOne with a custom resource that has
// permissions in its access tokens.
func PingOne() Shape {
	const issuer = "https://auth.pingone.eu/3f1c2b7a-8c55-4c0e-9a5d-0f6f5d1f2a11/as"
	user := form{claims: []claim{
		{"client_id", pingClient},
		{"jti", uuid},
		{"sub", pingUser},
		{"scope", "photos:read photos:write"},
		{"aud", inArray},
		{"auth_time", now},
		{"acr", "Single_Factor"},
		{"sid", uuid},
		{"p1.permissions", []string{"albums:share"}},
	}}
	machine := user.without("sub", "auth_time", "acr", "sid", "p1.permissions").with(claim{"client_id", pingJob})
	id := form{claims: []claim{
		{"sub", pingUser},
		{"aud", pingClient},
		{"auth_time", now},
		{"acr", "Single_Factor"},
		{"amr", []string{"pwd"}},
		{"at_hash", random},
		{"sid", uuid},
		{"nonce", random},
		{"preferred_username", "alice"},
	}}
	return Shape{
		Name:    "pingone",
		Options: options(issuer, photosAPI),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque(""),
	}
}

// PingFederate is a PingFederate server with an access token manager for JWTs,
// which is set up to issue what RFC 9068 says.
func PingFederate() Shape {
	user := form{typ: "at+jwt", claims: []claim{
		{"scope", "photos:read photos:write"},
		{"client_id", "photos_web"},
		{"jti", random},
		{"aud", single},
		{"sub", "alice"},
		{"groups", []string{"photos-admins"}},
	}}
	machine := user.without("groups").with(claim{"client_id", "photos_job"}, claim{"sub", "photos_job"})
	id := form{typ: "JWT", claims: []claim{
		{"sub", "alice"},
		{"aud", "photos_web"},
		{"jti", random},
		{"auth_time", now},
		{"nonce", random},
		{"pi.sri", random},
	}}
	return Shape{
		Name:    "pingfederate",
		Options: options("https://sso.example.com", photosAPI),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque(""),
	}
}
