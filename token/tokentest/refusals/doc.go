// Package refusals attacks a service that enforces access tokens. It presents
// a list of bad tokens and credentials, and fails the test if one of them gets
// in, if it is refused with another answer than the right one, or if the good
// token does not get in:
//
//	issuer := tokentest.NewIssuer(t, nil)
//	verifier, err := token.NewVerifier(issuer.Config())
//	if err != nil {
//		t.Fatal(err)
//	}
//	service := newService(verifier) // the handler as it goes into production
//	refusals.Test(t, issuer, tokentest.HTTPTarget(service, func() *http.Request {
//		return httptest.NewRequest("GET", "/orders", nil)
//	}), &refusals.Config{Scopes: []string{"orders:read"}})
//
// Config says what the call needs: scopes, claims, a recent login, or a user and
// not a client that acts for itself. It also has the token.Profile of the
// service, if its issuer does not follow RFC 9068.
//
// The list grows with new versions of this module, and a service that is sound
// keeps passing.
//
// This package imports testing and is for tests: a program that serves should
// not link it.
package refusals
