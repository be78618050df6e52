// Package rehearse simulates what happens to issuers, hours of it within a
// second, while good and bad calls come in. It fails the test if a good token
// is refused, a bad one let in, a key trusted for too long, or the issuer asked
// too often:
//
//	func TestIssuerTrouble(t *testing.T) {
//		service := func(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
//			verifier, err := token.NewVerifier(issuer.Config("https://orders.example.com"))
//			if err != nil {
//				t.Fatal(err)
//			}
//			return tokentest.HTTPTarget(newService(verifier), func() *http.Request {
//				return httptest.NewRequest("GET", "/orders", nil)
//			})
//		}
//		cfg := &rehearse.Config{Good: []tokentest.Edit{
//			tokentest.Audience("https://orders.example.com"),
//			tokentest.Scope("orders:read"),
//		}}
//		rehearse.TestRotation(t, service, cfg)
//		rehearse.TestOutage(t, service, cfg)
//	}
//
// TestIntrospection does so for services that ask their issuer about opaque
// tokens.
//
// A scenario is one thing that an issuer does or that happens to it. It has
// phases, and the same clients call in each.
//
// This package imports testing and is for tests: a program that serves should
// not link it.
package rehearse
