package issuers_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

// exampleT stands in for the testing.T of the test that an example would be in.
type exampleT struct{ testing.TB }

func (exampleT) Helper()        {}
func (exampleT) Cleanup(func()) {}

func ExampleShape() {
	shape := issuers.OktaCustom()
	issuer := tokentest.NewIssuer(exampleT{}, &shape.Options)
	verifier, err := token.NewVerifier(token.Config{
		Issuer:     issuer.Identifier(),
		Audience:   issuer.Options().Audience,
		HTTPClient: issuer.Client(),
		Profile: token.Profile{
			AllowMissingType: true,
			ScopeClaim:       "scp",
			ScopeList:        true,
			ClientIDClaim:    "cid",
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, raw := range []string{issuer.Token(shape.Machine, tokentest.Scope("photos:read")), issuer.Token(shape.ID)} {
		tok, err := verifier.Authenticate(context.Background(), token.Presentation{Scheme: "Bearer", Token: raw})
		fmt.Println(err == nil, tok.SubjectKind(), tok.Scopes())
	}
	// Output:
	// true client [photos:read]
	// false unknown []
}

func ExampleAll() {
	for _, shape := range issuers.All() {
		issuer := tokentest.NewIssuer(exampleT{}, &shape.Options)
		raw := issuer.Token(shape.Refresh) // no service may accept it
		fmt.Println(len(raw) > 0)
		break
	}
	// Output: true
}
