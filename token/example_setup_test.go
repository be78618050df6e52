package token_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// What the Examples have to do with: the key and the tokens of an issuer, and
// a Verifier for it and for another issuer.
var (
	issuerKey     = signingKey.Private.Public()
	verifier      = mustVerifier("https://as.example.com", signingKey)
	otherVerifier = mustVerifier("https://other.example.com", otherKey)
	legacyToken   = tokens.Token(good, tokentest.Type("JWT"), tokentest.WithoutClaim("client_id"),
		tokentest.Claim("azp", "app"), tokentest.Claim("scp", []string{"orders:read", "orders:write"}))
	otherToken = tokens.Token(good, tokentest.Claim("iss", "https://other.example.com"), tokentest.Key(otherKey))
)

var (
	tokens     = tokentest.NewIssuer(exampleTB{}, &tokentest.Options{Identifier: "https://as.example.com"})
	signingKey = tokentest.SigningKey{ID: "es256", Algorithm: "ES256", Private: tokens.SigningKey().Private}
	otherKey   = tokens.ForeignKey("ES256", "es256")
	good       = tokentest.Edits(tokentest.Key(signingKey), tokentest.Subject("user"), tokentest.ClientID("client"))
)

// tokenWith is a good token but for the claims that follow, as name, value.
func tokenWith(claims ...any) string {
	edits := []tokentest.Edit{good}
	for i := 0; i < len(claims); i += 2 {
		edits = append(edits, tokentest.Claim(claims[i].(string), claims[i+1]))
	}
	return tokens.Token(edits...)
}

func mustVerifier(issuer string, key tokentest.SigningKey) *token.Verifier {
	v, err := token.NewVerifier(token.Config{
		Issuer:   issuer,
		Audience: []string{"https://api.example.com"},
		Keys:     jwks.Static{{ID: key.ID, Public: key.Private.Public()}},
	})
	if err != nil {
		panic(err)
	}
	return v
}

// exampleTB stands in for the *testing.T that an Example does not have.
type exampleTB struct{ testing.TB }

func (exampleTB) Helper()                        {}
func (exampleTB) Cleanup(func())                 {}
func (exampleTB) Fatal(args ...any)              { panic(fmt.Sprint(args...)) }
func (exampleTB) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (exampleTB) Context() context.Context       { return context.Background() }
