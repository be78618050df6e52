// Package dpop checks that callers hold the key that their token is bound to, by
// the proofs of RFC 9449 (OAuth 2.0 Demonstrating Proof of Possession). A stolen
// token is useless without that key, and a stolen proof is good for one call.
//
// A Checker is the confirmation checker of a token.Verifier:
//
//	checker, err := dpop.New(dpop.Config{})
//	verifier, err := token.NewVerifier(token.Config{
//		Issuer:        "https://login.example.com",
//		Audience:      []string{"https://api.example.com"},
//		Confirmations: []token.ConfirmationChecker{checker},
//	})
//
// The guards of packages middleware and grpcauth then take the scheme DPoP beside
// Bearer, or alone if Config.Required is set. A proof is for one URL, so a service
// behind a proxy must set scope.Resource.BaseURLs. Replicas need a ReplayStore that
// they share, and Nonces with keys that they share if Config.Nonces is set.
//
// The client's side is a Prover, which makes proofs, and a Client, which calls services
// with tokens of the program's own: over HTTP by NewTransport, over gRPC by
// grpcauth.NewProofCredentials.
package dpop
