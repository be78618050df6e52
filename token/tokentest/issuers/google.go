package issuers

import "github.com/postern-go/postern/token/tokentest"

// Google is the issuer of the ID tokens by which services in Google Cloud call
// each other: from the metadata server, Pub/Sub, Cloud Tasks and Cloud
// Scheduler. They are its Machine tokens; ID is the token of a user who signed
// in.
func Google() Shape {
	const robot = "104857600000000000042"
	machine := form{typ: "JWT", clientID: "azp", claims: []claim{
		{"azp", robot},
		{"email", "photos-push@photos-prod.iam.gserviceaccount.com"},
		{"email_verified", true},
		{"sub", robot},
	}}
	const client = "739281640555-photosweb.apps.googleusercontent.com"
	id := form{typ: "JWT", clientID: "azp", claims: []claim{
		{"azp", client},
		{"aud", client},
		{"sub", "117700000000000000021"},
		{"hd", "example.com"},
		{"email", "alice@example.com"},
		{"email_verified", true},
		{"at_hash", random},
		{"name", "Alice Example"},
	}}
	return Shape{
		Name:    "google",
		Options: options("https://accounts.google.com", photosAPI),
		Access:  opaque("ya29.a0"),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: opaque("1//09"),
	}
}

// Firebase is a Firebase or Identity Platform project. The one kind of token that
// it has for services is called an ID token, and is Access here.
func Firebase() Shape {
	user := form{typ: "JWT", claims: []claim{
		{"name", "Alice Example"},
		{"picture", "https://cdn.example.com/avatars/al.png"},
		{"roles", []string{"editor"}},
		{"auth_time", now},
		{"user_id", "Hq3ZbT7nYcVx1KpLw9RmEj5D2fG2"},
		{"sub", "Hq3ZbT7nYcVx1KpLw9RmEj5D2fG2"},
		{"email", "alice@example.com"},
		{"email_verified", true},
		{"firebase", map[string]any{
			"identities":       map[string]any{"email": []string{"alice@example.com"}},
			"sign_in_provider": "password",
		}},
	}}
	return Shape{
		Name:    "firebase",
		Options: options("https://securetoken.google.com/photos-prod", "photos-prod"),
		Access:  user.edit(),
		Machine: none("Firebase", "machine token"),
		ID:      none("Firebase", "ID token besides the one that services take"),
		Refresh: opaque("AMf-vB"),
	}
}

// Supabase is a Supabase project with asymmetric signing keys.
func Supabase() Shape {
	const user, client = "d4735e3a-265e-46ee-a03f-59718b9b5d03", "4b227777-d4dd-4fc6-8f88-4864d31b47a8"
	access := form{typ: "JWT", claims: []claim{
		{"aud", single},
		{"sub", user},
		{"email", "alice@example.com"},
		{"phone", ""},
		{"app_metadata", map[string]any{"provider": "email", "providers": []string{"email"}, "roles": []string{"editor"}}},
		{"user_metadata", map[string]any{"email_verified": true, "roles": []string{"admin"}}},
		{"role", "authenticated"},
		{"aal", "aal1"},
		{"amr", []map[string]any{{"method": "password", "timestamp": 1793000000}}},
		{"session_id", uuid},
		{"is_anonymous", false},
	}}
	id := form{typ: "JWT", claims: []claim{
		{"aud", client},
		{"sub", user},
		{"auth_time", now},
		{"client_id", client},
		{"nonce", random},
		{"email", "alice@example.com"},
		{"email_verified", true},
	}}
	return Shape{
		Name: "supabase",
		Options: tokentest.Options{
			Identifier: "https://abcdefghijklmnopqrst.supabase.co/auth/v1", Audience: []string{"authenticated"}, Algorithms: []string{"ES256"},
		},
		Access:  access.edit(),
		Machine: none("Supabase", "machine token"),
		ID:      id.edit(),
		Refresh: opaque(""),
	}
}
