package issuers

// Dex is a Dex server. Its access tokens are made like its ID tokens, with an
// at_hash, so that no service can tell the two apart and none should accept
// them.
func Dex() Shape {
	id := form{claims: []claim{
		{"sub", "CgVhbGljZRIEbGRhcA"}, // user alice of the connector ldap
		{"aud", "photos"},
		{"jti", uuid},
		{"at_hash", random},
		{"email", "alice@example.com"},
		{"email_verified", true},
		{"groups", []string{"photos-admins"}},
	}}
	machine := id.without("email", "email_verified", "groups").with(claim{"sub", "CgZwaG90b3M"})
	return Shape{
		Name:    "dex",
		Options: options("https://dex.example.com/dex", "photos"),
		Access:  id.edit(),
		Machine: machine.edit(),
		ID:      id.with(claim{"nonce", random}, claim{"c_hash", random}).edit(),
		Refresh: opaque(""),
	}
}
