package issuers

const (
	zitadelProject = "323568173649035265"
	zitadelClient  = "323568201947021313"
	zitadelUser    = "323567998234165249"
)

// ZITADEL is a ZITADEL instance with JWT access tokens, roles, and an action
// that says which users are machines.
func ZITADEL() Shape {
	roles := map[string]any{"photos.reader": map[string]any{"323567890123456789": "example.com"}}
	user := form{typ: "JWT", claims: []claim{
		{"sub", zitadelUser},
		{"aud", []string{zitadelClient, zitadelProject}},
		{"nbf", now},
		{"client_id", zitadelClient},
		{"jti", prefixed("V2_")},
		{"urn:zitadel:iam:org:project:roles", roles},
		{"urn:zitadel:iam:org:project:" + zitadelProject + ":roles", roles},
		{"urn:example:kind", "human"},
	}}
	machine := user.with(
		claim{"sub", "323568312345678901"},
		claim{"aud", []string{zitadelProject}},
		claim{"client_id", "photos-job"},
		claim{"urn:example:kind", "machine"},
	)
	id := form{typ: "JWT", claims: []claim{
		{"sub", zitadelUser},
		{"aud", []string{zitadelClient, zitadelProject}},
		{"auth_time", now},
		{"amr", []string{"pwd"}},
		{"azp", zitadelClient},
		{"client_id", zitadelClient},
		{"at_hash", random},
		{"nonce", random},
		{"urn:zitadel:iam:org:project:roles", roles},
	}}
	return Shape{
		Name:    "zitadel",
		Options: options("https://login.example.com", zitadelProject),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque(""),
	}
}
