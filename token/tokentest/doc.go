// Package tokentest helps to test services that enforce access tokens with
// postern. It has an authorization server that really signs, so that nothing
// needs to be mocked, and the shape of a service under test.
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
// its last byte, so that every malformed token can be made as well. BoundTo binds a
// token to a key, and Proof makes the proofs that it needs then. Methods
// such as Rotate, Withdraw, GoDown, Hang and Garbage make the issuer fail as
// real issuers do.
//
// Opaque makes a token that only the issuer can read, at its introspection
// endpoint (RFC 7662), which signs its answers for those who ask for that (RFC
// 9701). Revoke, SetIntrospectors and AnswerIntrospection change what it
// answers.
//
// Open finds the routes of a service that answer without a token.
//
// A Target makes one call to the service under test. HTTPTarget makes one of an
// http.Handler, and package grpcauth/grpcauthtest one of a gRPC method. Two
// suites run against a Target:
//   - package refusals presents attacks, and every one must be refused;
//   - package rehearse simulates changes of keys and outages of the issuer.
//
// This package imports testing and holds private keys in the open. It is for
// tests: a program that serves should not link it.
package tokentest
