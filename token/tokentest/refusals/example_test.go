package refusals_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// exampleT stands in for the testing.T of the test that an example would be in.
type exampleT struct{ testing.TB }

func (exampleT) Helper()        {}
func (exampleT) Cleanup(func()) {}

func (exampleT) Context() context.Context { return context.Background() }

var t exampleT

// newService is the service as it goes into production.
func newService(verifier token.Authenticator) http.Handler {
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.All("orders:read"), func(http.ResponseWriter, *http.Request) {})
	return mux
}

// In a test function, t is its parameter.
func ExampleTest() {
	var t *testing.T

	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	if err != nil {
		t.Fatal(err)
	}
	listOrders := func() *http.Request { return httptest.NewRequest("GET", "/orders", nil) }
	refusals.Test(t, issuer, tokentest.HTTPTarget(newService(verifier), listOrders),
		&refusals.Config{Scopes: []string{"orders:read"}})
}

// A service whose tokens come from Keycloak: the suite makes tokens of the shape
// that the profile describes.
func ExampleTest_profile() {
	var t *testing.T

	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Profile = token.Profile{
		Types:         []string{"JWT"},
		ClientIDClaim: "azp",
		Users:         []token.Mark{{Claim: "preferred_username", Prefix: "service-account-", Not: true}},
		Clients:       []token.Mark{{Claim: "preferred_username", Prefix: "service-account-"}},
	}
	verifier, err := token.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listOrders := func() *http.Request { return httptest.NewRequest("GET", "/orders", nil) }
	refusals.Test(t, issuer, tokentest.HTTPTarget(newService(verifier), listOrders),
		&refusals.Config{Scopes: []string{"orders:read"}, Profile: cfg.Profile})
}

func ExampleRun() {
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	if err != nil {
		panic(err)
	}
	listOrders := func() *http.Request { return httptest.NewRequest("GET", "/orders", nil) }
	results := refusals.Run(t.Context(), issuer, tokentest.HTTPTarget(newService(verifier), listOrders),
		&refusals.Config{Scopes: []string{"orders:read"}})
	for _, r := range results {
		if r.Attack.Group == "binding" || r.Err != nil {
			fmt.Println(r.Attack.Name, "->", r.Answer)
		}
	}
	// Output:
	// bound to a DPoP key -> 401 invalid_token
	// bound to a certificate -> 401 invalid_token
	// bound to a DPoP key and a certificate -> 401 invalid_token
	// bound to a key in full -> 401 invalid_token
	// bound to a key by name -> 401 invalid_token
	// bound in an unknown way -> 401 invalid_token
	// cnf is an empty object -> 401 invalid_token
	// cnf is a string -> 401 invalid_token
	// cnf is null -> 401 invalid_token
	// cnf is an array -> 401 invalid_token
	// bound to something that is not a string -> 401 invalid_token
}

func ExampleAttacks() {
	for _, a := range refusals.Attacks() {
		if a.Row == "7515-4.1.2-1" {
			fmt.Printf("%s: %s, want %s\n", a.Group, a.Name, a.Want)
		}
	}
	// Output:
	// embedded key: jku of the attacker, want 401 invalid_token (gRPC 16)
	// embedded key: jku of the attacker under the issuer's kid, want 401 invalid_token (gRPC 16)
	// embedded key: x5u of the attacker, want 401 invalid_token (gRPC 16)
}
