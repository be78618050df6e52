package issuers

import "github.com/postern-go/postern/token/tokentest"

const (
	cognitoIssuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ph0t0sPl1"
	cognitoClient = "4kq7r2photosweb8m1n3b5v6c7"
	cognitoJob    = "6zt9w1photosjob2x4y8a0d5e3"
	cognitoUser   = "e3b0c442-98fc-4c14-9afb-f4c8996fb924"
)

// Cognito is a user pool of Amazon Cognito whose tokens have no aud. The clients
// of the service are its audience.
func Cognito() Shape {
	access, machine := cognitoAccess()
	return cognito("cognito", []string{cognitoClient, cognitoJob, photosAPI}, access.with(claim{"aud", gone}), machine)
}

// CognitoResource is Cognito for clients that ask for the service with the
// parameter resource, which only those with users can do. The tokens of machines
// have no aud.
func CognitoResource() Shape {
	access, machine := cognitoAccess()
	return cognito("cognito-resource", []string{photosAPI}, access.with(claim{"aud", single}), machine)
}

func cognitoAccess() (user, machine form) {
	user = form{claims: []claim{
		{"sub", cognitoUser},
		{"cognito:groups", []string{"photo-admins"}},
		{"version", 2},
		{"client_id", cognitoClient},
		{"origin_jti", uuid},
		{"event_id", uuid},
		{"token_use", "access"},
		{"scope", "openid https://photos.example.com/read https://photos.example.com/write"},
		{"auth_time", now},
		{"jti", uuid},
		{"username", "alice"},
	}}
	machine = form{claims: []claim{
		{"sub", cognitoJob},
		{"token_use", "access"},
		{"scope", "https://photos.example.com/read https://photos.example.com/write"},
		{"auth_time", now},
		{"version", 2},
		{"jti", uuid},
		{"client_id", cognitoJob},
		{"aud", gone},
	}}
	return user, machine
}

func cognito(name string, audience []string, access, machine form) Shape {
	id := form{claims: []claim{
		{"at_hash", random},
		{"sub", cognitoUser},
		{"cognito:groups", []string{"photo-admins"}},
		{"email_verified", true},
		{"cognito:username", "alice"},
		{"origin_jti", uuid},
		{"aud", cognitoClient},
		{"event_id", uuid},
		{"token_use", "id"},
		{"auth_time", now},
		{"jti", uuid},
		{"email", "alice@example.com"},
	}}
	return Shape{
		Name:    name,
		Options: tokentest.Options{Identifier: cognitoIssuer, Audience: audience, Algorithms: []string{"RS256"}},
		Access:  access.edit(),
		Machine: machine.edit(),
		ID:      id.edit(),
		Refresh: encrypted(),
	}
}
