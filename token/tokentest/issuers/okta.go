package issuers

import "github.com/postern-go/postern/token/tokentest/internal/mint"

const (
	oktaClient = "0oa1photosweb2Ab3d7"
	oktaJob    = "0oa9photosjob4Cd5d7"
)

// OktaCustom is a custom authorization server of an Okta organization, such as
// the one named default.
func OktaCustom() Shape {
	const issuer = "https://photos.okta.com/oauth2/default"
	access := form{clientID: "cid", scope: "scp", scopeForm: mint.List, claims: []claim{
		{"ver", 1},
		{"jti", prefixed("AT.")},
		{"cid", oktaClient},
		{"uid", "00u1alice2Gh3d7"},
		{"scp", []string{"openid", "photos:read", "photos:write"}},
		{"auth_time", now},
		{"sub", "alice@example.com"},
		{"photos_groups", []string{"photos-admins"}},
	}}
	machine := access.without("uid", "auth_time", "photos_groups").with(
		claim{"cid", oktaJob},
		claim{"scp", []string{"photos:read", "photos:write"}},
		claim{"sub", oktaJob},
	)
	return Shape{
		Name:    "okta",
		Options: options(issuer, photosAPI),
		Access:  access.edit(),
		Machine: machine.edit(),
		ID:      oktaID().edit(),
		Refresh: opaque(""),
	}
}

func oktaID() form {
	return form{claims: []claim{
		{"sub", "00u1alice2Gh3d7"},
		{"name", "Alice Example"},
		{"email", "alice@example.com"},
		{"ver", 1},
		{"aud", oktaClient},
		{"jti", prefixed("ID.")},
		{"amr", []string{"pwd"}},
		{"idp", "00o1photos2Ij3d7"},
		{"nonce", random},
		{"preferred_username", "alice@example.com"},
		{"auth_time", now},
		{"at_hash", random},
	}}
}
