package issuers

import "github.com/postern-go/postern/token/tokentest/internal/mint"

// Authentik is an authentik provider with a signing key and a scope mapping
// that adds the scopes and the type of account. Access and Machine are tokens of
// clients that send no nonce.
func Authentik() Shape {
	const client = "lU9sVXQ4wq3mHcM5"
	id := form{typ: "JWT", claims: []claim{
		{"sub", "2b7e5d7c0c2a4f6b9a8d1e3f5c7b9d0e2f4a6c8e0b1d3f5a7c9e1b3d5f7a9c1e"},
		{"aud", client},
		{"auth_time", now},
		{"acr", "goauthentik.io/providers/oauth2/default"},
		{"amr", []string{"pwd"}},
		{"sid", hexOf(32)},
		{"name", "Alice Example"},
		{"given_name", "Alice Example"},
		{"preferred_username", "alice"},
		{"nickname", "alice"},
		{"groups", []string{"photos-admins"}},
		{"entitlements", []string{"photos-editor"}},
		{"roles", []string{"photos-editor"}},
		{"scope", "openid profile entitlements photos"},
		{"user_type", "internal"},
	}}
	user := id.with(claim{"azp", client}, claim{"uid", random})
	user.clientID = "azp"
	machine := user.without("amr", "sid", "name", "given_name", "preferred_username", "nickname", "groups").with(
		claim{"sub", "7d9b0e2f4a6c8e0b1d3f5a7c9e1b3d5f7a9c1e2b7e5d7c0c2a4f6b9a8d1e3f5c"},
		claim{"scope", "entitlements photos"},
		claim{"user_type", "service_account"},
	)
	return Shape{
		Name:    "authentik",
		Options: options("https://auth.example.com/application/o/photos/", client),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque(""),
	}
}

func hexOf(bytes int) any { return func(*mint.Draft) any { return randomHex(bytes) } }
