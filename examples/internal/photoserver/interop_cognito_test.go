//go:build interop

package photoserver

import (
	"testing"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

const (
	cognitoClient  = "1example23456789"
	cognitoMachine = "3example45678901"
	cognitoUserID  = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
)

// checkCognito has the tokens of Amazon Cognito: no typ, and access tokens
// without aud, for whose audience the client id stands.
func checkCognito(t *testing.T, own, foreign mockIssuer) {
	t.Helper()
	guards := newGuards(t, verifierOf(t, cognito(own.identifier)), scope.All("photos/read").Or(scope.AllOf("groups", "admins")))

	header := members{"typ": nil}
	user := members{
		"sub": cognitoUserID, "client_id": cognitoClient, "token_use": "access", "scope": "openid photos/read", "username": "olivia",
		"cognito:groups": []string{"printers"}, "jti": "f1b1e2a3", "auth_time": 1790000000, "version": 2, "aud": nil, "amr": nil, "nbf": nil,
	}
	app := members{"sub": cognitoMachine, "client_id": cognitoMachine, "token_use": "access", "scope": "photos/read", "jti": "f1b1e2a4", "aud": nil, "nbf": nil}
	idToken := members{"sub": cognitoUserID, "aud": cognitoClient, "token_use": "id", "cognito:username": "olivia", "cognito:groups": []string{"admins"}, "jti": "f1b1e2a5", "nbf": nil}
	userWith := func(more members) string {
		return own.user(t, cognitoClient, edit{header, user.with(more)}, edit{}).Access
	}
	appWith := func(more members) string { return own.app(t, edit{header, app.with(more)}) }
	idWith := func(more members) string {
		return own.user(t, cognitoClient, edit{header, user}, edit{header, idToken.with(more)}).ID
	}
	signedIn := own.user(t, cognitoClient, edit{header, user}, edit{header, idToken})

	guards.check(t, map[string]presented{
		"user": {signedIn.Access, admitted, seen{
			cognitoUserID, cognitoClient, token.SubjectUser, []string{"openid", "photos/read"}, map[string][]string{"groups": {"printers"}},
		}},
		"app": {appWith(nil), admitted, seen{
			cognitoMachine, cognitoMachine, token.SubjectClient, []string{"photos/read"}, map[string][]string{"groups": {}},
		}},
		"user by group": {userWith(members{"scope": "openid", "cognito:groups": []string{"printers", "admins"}}), admitted, seen{
			cognitoUserID, cognitoClient, token.SubjectUser, []string{"openid"}, map[string][]string{"groups": {"printers", "admins"}},
		}},
		"with the resource as aud": {userWith(members{"aud": "https://photos.example"}), admitted, seen{
			cognitoUserID, cognitoClient, token.SubjectUser, []string{"openid", "photos/read"}, map[string][]string{"groups": {"printers"}},
		}},
		"user without the scope":        {raw: userWith(members{"scope": "openid"}), want: lacksScope},
		"scope among groups":            {raw: userWith(members{"scope": "openid", "cognito:groups": []string{"photos/read"}}), want: lacksScope},
		"group among scopes":            {raw: userWith(members{"scope": "admins", "cognito:groups": nil}), want: lacksScope},
		"group by prefix":               {raw: userWith(members{"scope": "openid", "cognito:groups": []string{"admins2"}}), want: lacksScope},
		"ID token":                      {raw: signedIn.ID, want: unauthenticated("audience")},
		"ID token without nonce":        {raw: idWith(members{"nonce": nil}), want: unauthenticated("audience")},
		"ID token with client_id":       {raw: idWith(members{"nonce": nil, "client_id": cognitoClient}), want: unauthenticated("claim")},
		"refresh token":                 {raw: signedIn.Refresh, want: unauthenticated("malformed")},
		"of another client":             {raw: userWith(members{"client_id": "2example34567890"}), want: unauthenticated("audience")},
		"of a client and its neighbour": {raw: userWith(members{"client_id": cognitoClient + " " + cognitoMachine}), want: unauthenticated("audience")},
		"without client_id":             {raw: userWith(members{"client_id": nil}), want: unauthenticated("audience")},
		"for another API":               {raw: userWith(members{"aud": "https://orders.example"}), want: unauthenticated("audience")},
		"another client, our aud":       {raw: userWith(members{"client_id": "2example34567890", "aud": "https://photos.example"}), want: unauthenticated("audience")},
		"without token_use":             {raw: userWith(members{"token_use": nil}), want: unauthenticated("claim")},
		"token_use in capital letters":  {raw: userWith(members{"token_use": "ACCESS"}), want: unauthenticated("claim")},
		"token_use as a list":           {raw: userWith(members{"token_use": []string{"id", "access"}}), want: unauthenticated("claim")},
		"of another pool":               {raw: foreign.app(t, edit{header, app}), want: unauthenticated("issuer")},
		"by the keys of another pool":   {raw: foreign.app(t, edit{header, app.with(members{"iss": own.identifier})}), want: unauthenticated("unknown_key")},
		"tampered ID token":             {raw: forged(t, signedIn.ID, members{"token_use": "access", "client_id": cognitoClient, "nonce": nil}), want: unauthenticated("signature")},
		"tampered groups":               {raw: forged(t, userWith(members{"scope": "openid"}), members{"cognito:groups": []string{"admins"}}), want: unauthenticated("signature")},
	})
}

// cognito are the settings for an API that two clients of a pool call. Either
// client id stands for the audience; the URL is for tokens that are bound to the
// resource.
func cognito(issuer string) token.Config {
	return token.Config{
		Issuer:   issuer,
		Audience: []string{cognitoClient, cognitoMachine, "https://photos.example"},
		Profile: token.Profile{
			Types:            []string{},
			AllowMissingType: true,
			AudienceClaim:    "client_id",
			Sets:             map[string][]token.Source{"groups": {{Claim: "cognito:groups"}}},
			Rules:            []token.Mark{{Claim: "token_use", Values: []string{"access"}}},
			Users:            []token.Mark{{Claim: "username", Present: true}},
		},
	}
}
