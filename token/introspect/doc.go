// Package introspect judges access tokens by asking their issuer (RFC 7662): opaque
// tokens, which only the issuer can read, and JWTs that must be revocable at once.
//
// An Authenticator takes the place of a token.Verifier, with the same policies, the
// same refusals and the same Token:
//
//	auth, err := introspect.New(introspect.Config{
//		Issuer:      "https://login.example.com",
//		Audience:    []string{"https://api.example.com"},
//		Credentials: introspect.Basic("photos", secret),
//	})
//
// Answers are remembered for a short time, and that time is how long a revoked token
// may still be accepted: 30 seconds by default, see Config.GoodFor. A call whose policy
// has scope.Fresh waits for an answer of its own.
//
// A service with both kinds of token has a Router, which tells by the shape of a token
// who judges it. It asks one Authenticator and never a second one, but for JWTs that by
// a rule need both verdicts.
package introspect
