//go:build interop

package photoserver

import (
	"strings"
	"testing"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

const (
	entraTenant  = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
	entraForeign = "bbbbcccc-1111-dddd-2222-eeee3333ffff"
	entraAPI     = "00001111-aaaa-2222-bbbb-3333cccc4444"
	entraClient  = "11112222-bbbb-3333-cccc-4444dddd5555"
	entraUserID  = "nAkS1pYwQ0uVg7dPz3bXfR5tKm2LhJ8c"
	entraAppID   = "22223333-cccc-4444-dddd-5555eeee6666"
)

// checkEntra has the access tokens of Entra ID, version 2.0: typ is JWT,
// users have scopes in scp, applications have roles, and the ID tokens of an
// application that calls itself have the same audience.
func checkEntra(t *testing.T, own, foreign mockIssuer) {
	t.Helper()
	guards := newGuards(t, verifierOf(t, entra(own.identifier)), entraPolicy())
	user, app := entraUser(), entraApp()
	userWith := func(more members) string {
		return own.user(t, entraClient, edit{Claims: user.with(more)}, edit{}).Access
	}
	appWith := func(more members) string { return own.app(t, edit{Claims: app.with(more)}) }
	idToken := members{"aud": entraAPI, "sub": entraUserID, "tid": entraTenant, "ver": "2.0", "uti": "M7fTvQ0JCECF9GqB"}
	signedIn := own.user(t, entraClient, edit{Claims: user}, edit{Claims: idToken})

	guards.check(t, map[string]presented{
		"user": {signedIn.Access, admitted, seen{
			entraUserID, entraClient, token.SubjectUser, []string{"Photos.Read", "Photos.Write"}, map[string][]string{"roles": {}},
		}},
		"app": {appWith(nil), admitted, seen{
			entraAppID, entraClient, token.SubjectClient, nil, map[string][]string{"roles": {"Photos.Count", "Photos.Read.All"}},
		}},
		"user without the scope":           {raw: userWith(members{"scp": "Photos.Write"}), want: lacksScope},
		"role among scopes":                {raw: userWith(members{"scp": "Photos.Read.All"}), want: lacksScope},
		"scope in another case":            {raw: userWith(members{"scp": "photos.read"}), want: lacksScope},
		"app without the role":             {raw: appWith(members{"roles": []string{"Photos.Count"}}), want: lacksScope},
		"app without roles":                {raw: appWith(members{"roles": nil}), want: lacksScope},
		"scope among roles":                {raw: appWith(members{"roles": []string{"Photos.Read"}}), want: lacksScope},
		"roles as words":                   {raw: appWith(members{"roles": "Photos.Count Photos.Read.All"}), want: lacksScope},
		"roles with a number":              {raw: appWith(members{"roles": []any{"Photos.Read.All", 1}}), want: lacksScope},
		"scopes as a list":                 {raw: userWith(members{"scp": []string{"Photos.Read"}}), want: unauthenticated("claim")},
		"ID token":                         {raw: signedIn.ID, want: unauthenticated("claim")},
		"ID token without nonce":           {raw: own.user(t, entraClient, edit{Claims: user}, edit{Claims: idToken.with(members{"nonce": nil})}).ID, want: unauthenticated("claim")},
		"refresh token":                    {raw: signedIn.Refresh, want: unauthenticated("malformed")},
		"for another API":                  {raw: userWith(members{"aud": entraClient}), want: unauthenticated("audience")},
		"version 1.0":                      {raw: userWith(members{"ver": "1.0"}), want: unauthenticated("claim")},
		"version as a number":              {raw: userWith(members{"ver": 2.0}), want: unauthenticated("claim")},
		"tid of another tenant":            {raw: userWith(members{"tid": entraForeign}), want: unauthenticated("claim")},
		"tid in capital letters":           {raw: userWith(members{"tid": strings.ToUpper(entraTenant)}), want: unauthenticated("claim")},
		"another type":                     {raw: own.app(t, edit{members{"typ": "dpop+jwt"}, app}), want: unauthenticated("type")},
		"no type":                          {raw: own.app(t, edit{members{"typ": nil}, app}), want: unauthenticated("type")},
		"tenant's issuer, by foreign keys": {raw: foreign.app(t, edit{Claims: app.with(members{"iss": own.identifier})}), want: unauthenticated("unknown_key")},
		"foreign issuer, tenant's tid":     {raw: foreign.app(t, edit{Claims: app}), want: unauthenticated("issuer")},
		"issuer with a slash":              {raw: appWith(members{"iss": own.identifier + "/"}), want: unauthenticated("issuer")},
		"tampered roles":                   {raw: forged(t, appWith(members{"roles": nil}), members{"roles": []string{"Photos.Read.All"}}), want: unauthenticated("signature")},
		"tampered scopes":                  {raw: forged(t, userWith(members{"scp": "Photos.Write"}), members{"scp": "Photos.Read"}), want: unauthenticated("signature")},
		"expired":                          {raw: appWith(members{"exp": 1700000000, "iat": 1699996400, "nbf": 1699996400}), want: unauthenticated("expired")},
	})
}

func entraPolicy() scope.Policy {
	return scope.All("Photos.Read").Or(scope.AllOf("roles", "Photos.Read.All"))
}

func entraUser() members {
	return members{
		"aud": entraAPI, "azp": entraClient, "tid": entraTenant, "ver": "2.0", "uti": "M7fTvQ0JCECF9GqA", "sub": entraUserID,
		"scp": "Photos.Read Photos.Write", "scope": nil, "amr": nil,
	}
}

func entraApp() members {
	return entraUser().with(members{"sub": entraAppID, "idtyp": "app", "scp": nil, "roles": []string{"Photos.Count", "Photos.Read.All"}})
}

// entra are the settings for an API of one tenant, version 2.0.
func entra(issuer string) token.Config {
	return token.Config{
		Issuer:   issuer,
		Audience: []string{entraAPI},
		Profile: token.Profile{
			Types:         []string{"JWT"},
			ClientIDClaim: "azp",
			Required:      []string{"sub", "azp", "iat"},
			Scopes:        []token.Source{{Claim: "scp"}},
			Sets:          map[string][]token.Source{"roles": {{Claim: "roles"}}},
			Rules:         []token.Mark{{Claim: "ver", Values: []string{"2.0"}}, {Claim: "tid", Values: []string{entraTenant}}},
			Users:         []token.Mark{{Claim: "scp", Present: true}},
			Clients:       []token.Mark{{Claim: "idtyp", Values: []string{"app"}}},
		},
	}
}
