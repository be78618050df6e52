package issuers

import "github.com/postern-go/postern/token/tokentest"

// Shape is how one authorization server writes its tokens. Each Edit gives a
// token of Issuer.Token the header and the claims of one kind; edits after it,
// such as tokentest.Scope and tokentest.ClientID, change the claims that this
// server uses. What an Edit has no opinion about stays: iss, iat, exp, and the
// aud of access tokens, which Options sets.
//
// A token that the server writes in a form of its own, such as an opaque
// refresh token, is replaced by one of that form. If the server has no tokens
// of a kind, minting one panics.
type Shape struct {
	// Name is the name of the settings in docs/issuers: "keycloak".
	Name string
	// Options are the issuer identifier, the audience and the algorithm of a
	// tokentest.Issuer that passes for the server, with example names.
	Options tokentest.Options
	// Access is an access token that a client got for a user.
	Access tokentest.Edit
	// Machine is an access token that a client got for itself.
	Machine tokentest.Edit
	// ID is an ID token (OpenID Connect Core §2).
	ID tokentest.Edit
	// Refresh is a refresh token.
	Refresh tokentest.Edit
}

// All lists the shapes of this package. The list grows with new versions.
func All() []Shape {
	return []Shape{
		ADFS(),
		Auth0(),
		Auth0RFC9068(),
		Authelia(),
		Authentik(),
		Cognito(),
		CognitoResource(),
		Dex(),
		Duende(),
		EKS(),
		EntraMultiTenant(),
		EntraV1(),
		EntraV2(),
		Firebase(),
		GitHubActions(),
		Google(),
		Hydra(),
		Keycloak(),
		Kubernetes(),
		OktaCustom(),
		PingFederate(),
		PingOne(),
		Spring(),
		SpringDefault(),
		Supabase(),
		ZITADEL(),
	}
}
