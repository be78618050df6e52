package issuers

import "github.com/postern-go/postern/token/tokentest"

const (
	keycloakIssuer = "https://sso.example.com/realms/photos"
	keycloakUser   = "7c1f0a52-4d0e-4b6a-9b0e-52a1f7a0c001"
)

// Keycloak is a realm of Keycloak 25 or later, with an audience mapper for the
// service and roles for its users.
func Keycloak() Shape {
	session := newUUID()
	access := keycloakAccess(session)
	machine := access.without("auth_time", "sid", "name", "email").with(
		claim{"sub", "0d9f3e41-8c56-4f0d-8a77-1b2c3d4e5f60"},
		claim{"azp", "photos-job"},
		claim{"preferred_username", "service-account-photos-job"},
		claim{"realm_access", rolesOf("offline_access", "uma_authorization")},
		claim{"scope", "profile email photos:read photos:write"},
		claim{"clientHost", "10.0.4.7"},
		claim{"clientAddress", "10.0.4.7"},
		claim{"client_id", "photos-job"},
	)
	return Shape{
		Name:    "keycloak",
		Options: options(keycloakIssuer, photosAPI),
		Access:  access.edit(),
		Machine: machine.edit(),
		ID:      keycloakID(session).edit(),
		Refresh: keycloakRefresh(session),
	}
}

func keycloakAccess(session string) form {
	return form{typ: "JWT", clientID: "azp", claims: []claim{
		{"auth_time", now},
		{"jti", uuid},
		{"aud", both("account")},
		{"sub", keycloakUser},
		{"typ", "Bearer"},
		{"azp", "photos-web"},
		{"sid", session},
		{"acr", "1"},
		{"allowed-origins", []string{photosAPI}},
		{"realm_access", rolesOf("offline_access", "uma_authorization", "photo-admin")},
		{"resource_access", map[string]any{
			"photos":  rolesOf("editor"),
			"account": rolesOf("manage-account", "view-profile"),
		}},
		{"scope", "openid profile email photos:read photos:write"},
		{"email_verified", true},
		{"name", "Alice Example"},
		{"preferred_username", "alice"},
		{"email", "alice@example.com"},
	}}
}

func rolesOf(names ...string) map[string]any { return map[string]any{"roles": names} }

func keycloakID(session string) form {
	return form{typ: "JWT", clientID: "azp", claims: []claim{
		{"auth_time", now},
		{"jti", uuid},
		{"aud", "photos-web"},
		{"sub", keycloakUser},
		{"typ", "ID"},
		{"azp", "photos-web"},
		{"nonce", random},
		{"sid", session},
		{"at_hash", random},
		{"acr", "1"},
		{"email_verified", true},
		{"name", "Alice Example"},
		{"preferred_username", "alice"},
		{"email", "alice@example.com"},
	}}
}

// keycloakRefresh is a JWT for the realm itself, by a secret of its own.
func keycloakRefresh(session string) tokentest.Edit {
	refresh := form{typ: "JWT", clientID: "azp", claims: []claim{
		{"jti", uuid},
		{"aud", keycloakIssuer},
		{"sub", keycloakUser},
		{"typ", "Refresh"},
		{"azp", "photos-web"},
		{"sid", session},
		{"scope", "openid profile email photos:read photos:write"},
	}}
	return tokentest.Edits(refresh.edit(), tokentest.Header("alg", "HS512"), tokentest.Header("kid", newUUID()))
}
