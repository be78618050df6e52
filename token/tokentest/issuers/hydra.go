package issuers

import "github.com/postern-go/postern/token/tokentest/internal/mint"

// Hydra is an Ory Hydra with JWT access tokens, and a consent application that
// adds roles.
func Hydra() Shape {
	const client = "5b6f7c1e-7a0d-4c3f-9e0c-0d4a6b1c2d3e"
	user := form{typ: "JWT", scope: "scp", scopeForm: mint.List, claims: []claim{
		{"aud", inArray},
		{"client_id", client},
		{"ext", map[string]any{"roles": []string{"photos-admin"}}},
		{"jti", uuid},
		{"nbf", now},
		{"scp", []string{"openid", "photos:read", "photos:write"}},
		{"sub", "alice@example.com"},
	}}
	machine := user.with(
		claim{"client_id", "photos-job"},
		claim{"ext", map[string]any{}},
		claim{"scp", []string{"photos:read", "photos:write"}},
		claim{"sub", "photos-job"},
	)
	id := form{typ: "JWT", claims: []claim{
		{"acr", "0"},
		{"amr", []string{"pwd"}},
		{"at_hash", random},
		{"aud", []string{client}},
		{"auth_time", now},
		{"jti", uuid},
		{"nonce", random},
		{"rat", now},
		{"sid", uuid},
		{"sub", "alice@example.com"},
	}}
	return Shape{
		Name:    "hydra",
		Options: options("https://hydra.example.com", photosAPI),
		Access:  user.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque("ory_rt_"),
	}
}
