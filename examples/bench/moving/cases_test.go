package moving_test

import (
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// kind is a kind of token that is good but for one thing.
type kind struct {
	name string
	mint func(*tokentest.Issuer) string
	// undescribed says that Envoy's documentation does not tell what becomes of it.
	undescribed bool
}

func edited(name string, edits ...tokentest.Edit) kind {
	edits = append([]tokentest.Edit{tokentest.Scope(right)}, edits...)
	return kind{name, func(i *tokentest.Issuer) string { return i.Token(edits...) }, false}
}

func twice(claims string) string { return strings.Replace(claims, "{", `{"sub":"admin",`, 1) }

// kinds are the rows of the table.
func kinds() []kind {
	list := []kind{
		edited("an access token as defined by RFC 9068"),
		edited("`typ` is `JWT`", tokentest.Type("JWT")),
		edited("`typ` is missing", tokentest.WithoutHeader("typ")),
		edited("`jti` is missing", tokentest.WithoutClaim("jti")),
		edited("`client_id` is missing", tokentest.WithoutClaim("client_id")),
		edited("`sub` is missing", tokentest.WithoutClaim("sub")),
		edited("`iat` is missing", tokentest.WithoutClaim("iat")),
		edited("`exp` is missing", tokentest.WithoutClaim("exp")),
		edited("`aud` is missing", tokentest.WithoutClaim("aud")),
		edited("`aud` is another service", tokentest.Audience("https://other.example.com")),
		edited("`iss` is another issuer", tokentest.Claim("iss", "https://other.example.com")),
		edited("`iat` is in five minutes", tokentest.IssuedAt(time.Now().Add(5*time.Minute)), tokentest.ExpiresIn(10*time.Minute)),
		edited("expired 15 seconds ago", tokentest.ExpiresIn(-15*time.Second)),
		edited("expired 45 seconds ago", tokentest.ExpiresIn(-45*time.Second)),
		edited("signed with ES256", tokentest.Algorithm("ES256")),
		edited("signed with RS512", tokentest.Algorithm("RS512")),
		edited("bound to a key (`cnf`)", tokentest.Claim("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
		edited("a claim is there twice", tokentest.PayloadText(twice)),
		{"an ID token for this audience", func(i *tokentest.Issuer) string {
			return i.IDToken(tokentest.Audience(audience), tokentest.Scope(right))
		}, false},
		edited("the scope is missing", tokentest.WithoutClaim("scope")),
	}
	for i := range list {
		list[i].undescribed = list[i].name == "a claim is there twice"
	}
	return list
}
