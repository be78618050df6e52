package rehearse_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/rehearse"
)

// newService is the service as it goes into production.
func newService(verifier token.Authenticator) http.Handler {
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.All("orders:read"), func(http.ResponseWriter, *http.Request) {})
	return mux
}

// ordersService makes the service of these examples with keys of a test's
// issuer.
func ordersService(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
	verifier, err := token.NewVerifier(issuer.Config("https://orders.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	return tokentest.HTTPTarget(newService(verifier), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	})
}

// In a test function, t is its parameter.
func ExampleTestRotation() {
	var t *testing.T

	rehearse.TestRotation(t, ordersService, &rehearse.Config{
		Good: []tokentest.Edit{
			tokentest.Audience("https://orders.example.com"),
			tokentest.Scope("orders:read"),
		},
	})
}

// The service of this example is configured to use its keys for two hours of an
// outage and no longer.
func ExampleTestOutage() {
	var t *testing.T

	rehearse.TestOutage(t, ordersService, &rehearse.Config{
		Good: []tokentest.Edit{
			tokentest.Audience("https://orders.example.com"),
			tokentest.Scope("orders:read"),
		},
		StaleFor: 2 * time.Hour,
	})
}

// To look at what happened rather than to fail.
func ExampleRunRotation() {
	var t *testing.T

	synctest.Test(t, func(t *testing.T) {
		for _, r := range rehearse.RunRotation(t, ordersService, nil) {
			t.Log(r)
			if r.Err() != nil {
				t.Logf("%s, which matters because %s", r.Name, r.Why)
			}
		}
	})
}

func ExampleRunOutage() {
	var t *testing.T

	synctest.Test(t, func(t *testing.T) {
		for _, r := range rehearse.RunOutage(t, ordersService, nil) {
			for _, v := range r.Violations {
				t.Logf("%v after the beginning: %s", v.At, v.Sent)
			}
		}
	})
}

// opaqueService makes the service of these examples for opaque tokens.
func opaqueService(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
	photos := issuer.Introspectors()[0]
	auth, err := introspect.New(introspect.Config{
		Issuer:      issuer.Identifier(),
		Audience:    []string{"https://orders.example.com"},
		Credentials: introspect.Basic(photos.ID, photos.Secret),
		HTTPClient:  issuer.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return tokentest.HTTPTarget(newService(auth), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	})
}

func ExampleTestIntrospection() {
	var t *testing.T

	rehearse.TestIntrospection(t, opaqueService, &rehearse.Config{
		Good: []tokentest.Edit{
			tokentest.Audience("https://orders.example.com"),
			tokentest.Scope("orders:read"),
		},
	})
}

func ExampleRunIntrospection() {
	var t *testing.T

	synctest.Test(t, func(t *testing.T) {
		for _, r := range rehearse.RunIntrospection(t, opaqueService, nil) {
			t.Log(r)
		}
	})
}
