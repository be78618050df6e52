package issuers

const (
	adfsClient = "48b87db5-7bf1-4c9d-8464-4d149e75270e"
	adfsJob    = "60b3d106-d155-4f9f-ba75-84b8078829fa"
	adfsUser   = "2f1d6ad4-3f8c-4d3e-9e0b-6f2b1c4d5e6f"
	// adfsTrust is the iss of access tokens. Metadata and ID tokens have another.
	adfsTrust = "http://adfs.example.com/adfs/services/trust"
)

// ADFS is an AD FS farm with rules that issue sub and roles for users. Its
// access tokens have another iss than Options.Identifier, under which the
// metadata is: http://adfs.example.com/adfs/services/trust.
func ADFS() Shape {
	user := form{typ: "JWT", header: []claim{{"x5t", random}}, clientID: "appid", scope: "scp", claims: []claim{
		{"aud", single},
		{"iss", adfsTrust},
		{"sub", adfsUser},
		{"role", "photos-admins"},
		{"apptype", "Confidential"},
		{"appid", adfsClient},
		{"authmethod", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"},
		{"auth_time", "2026-11-02T08:27:46.918Z"},
		{"ver", "1.0"},
		{"scp", "photos:read photos:write"},
	}}
	machine := user.without("sub", "role", "auth_time", "scp").with(
		claim{"appid", adfsJob},
		claim{"authmethod", "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password"},
	)
	return Shape{
		Name:    "adfs",
		Options: options("https://adfs.example.com/adfs", photosAPI),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      adfsID().edit(),
		Refresh: opaque(""),
	}
}

func adfsID() form {
	return form{typ: "JWT", header: []claim{{"x5t", random}}, clientID: "appid", scope: "scp", claims: []claim{
		{"aud", adfsClient},
		{"nbf", now},
		{"auth_time", now},
		{"nonce", random},
		{"sub", "MBKAaGfXod0u6GOmSnFUmk9nW6wsPWxb70GF8+Z4jdE="},
		{"upn", "alice@example.com"},
		{"unique_name", `EXAMPLE\alice`},
		{"sid", "S-1-5-21-2588715005-111030-563750101-1109"},
		{"apptype", "Confidential"},
		{"appid", adfsClient},
		{"authmethod", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"},
		{"ver", "1.0"},
		{"scp", "openid"},
	}}
}
