// Package tokentest helps to test services that enforce access tokens with
// postern. It has three parts: an authorization server that really signs, so
// that nothing needs to be mocked, a suite of attacks to run against the service
// as it is wired together, and rehearsals of the days on which the issuer
// changes its keys or is down.
//
// # The issuer
//
// NewIssuer makes an authorization server in memory. It publishes metadata and
// a key set through Client, without sockets and goroutines, so that a test can
// run in a bubble of testing/synctest and move time:
//
//	issuer := tokentest.NewIssuer(t, nil)
//	verifier, err := token.NewVerifier(issuer.Config("https://orders.example.com"))
//	if err != nil {
//		t.Fatal(err)
//	}
//	service := newService(verifier) // the handler as it goes into production
//
//	r := httptest.NewRequest("GET", "/orders", nil)
//	r.Header.Set("Authorization", "Bearer "+issuer.Token(
//		tokentest.Audience("https://orders.example.com"),
//		tokentest.Scope("orders:read")))
//
// Token makes a good access token; each Edit changes one thing about it, up to
// its last byte, so that every malformed token can be made as well. Methods
// such as Rotate, Withdraw, GoDown, Hang and Garbage make the issuer behave as
// issuers do on a bad day.
//
// # The refusal suite
//
// TestRefusals presents a list of attacks to the service and fails if one of
// them gets in, or if the good token does not:
//
//	tokentest.TestRefusals(t, issuer, tokentest.HTTPTarget(service, func() *http.Request {
//		return httptest.NewRequest("GET", "/orders", nil)
//	}), &tokentest.RefusalConfig{Scopes: []string{"orders:read"}})
//
// RefusalConfig says what the call needs: scopes, claims, or a user and not a
// client that acts for itself. Marked gives a token the shape by which an issuer
// shows the one or the other.
//
// The list grows with new versions of this module, and a service that is sound
// keeps passing.
//
// # Rehearsals
//
// RehearseRotation and RehearseOutage play what happens to issuers, hours of it
// within a second, while good and bad calls come in. They fail if a good token
// is refused, a bad one let in, a key trusted for too long, or the issuer asked
// too often:
//
//	func TestDaysThatComeToEveryService(t *testing.T) {
//		service := func(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
//			verifier, err := token.NewVerifier(issuer.Config("https://orders.example.com"))
//			if err != nil {
//				t.Fatal(err)
//			}
//			return tokentest.HTTPTarget(newService(verifier), func() *http.Request {
//				return httptest.NewRequest("GET", "/orders", nil)
//			})
//		}
//		cfg := &tokentest.RehearsalConfig{Good: []tokentest.Edit{
//			tokentest.Audience("https://orders.example.com"),
//			tokentest.Scope("orders:read"),
//		}}
//		tokentest.RehearseRotation(t, service, cfg)
//		tokentest.RehearseOutage(t, service, cfg)
//	}
//
// This package imports testing and holds private keys in the open. It is for
// tests: no program that serves should link it.
package tokentest
