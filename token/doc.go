// Package token decides whether an access token is good.
//
// A [Verifier] judges the JWT access tokens (RFC 9068) of one issuer. It needs
// to know the issuer, and the names that the issuer has for this service:
//
//	verifier, err := token.NewVerifier(token.Config{
//		Issuer:   "https://login.example.com",
//		Audience: []string{"https://orders.example.com"},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//
// Most programs hand it to package middleware or package grpcauth and meet the
// result in their handlers:
//
//	t, ok := token.FromContext(ctx)
//
// Elsewhere, such as for tokens that come in messages, ask it directly:
//
//	t, err := verifier.Authenticate(ctx, token.Bearer(raw))
//
// A [Token] exists only if every check has passed: holding one is the proof.
// Whether it is good enough for a certain call is the business of package
// scope. Claims of your own are decoded by [ClaimsOf] and [ClaimsFrom].
//
// # What is checked
//
// Size and shape, header, key, signature, claims and binding, in this order,
// and anything not understood is refused; the first failure is the answer. No
// check is optional. For an issuer that does not follow RFC 9068, set a
// [Profile], in which each relaxation is a field with a name. Services with
// several issuers put one Verifier for each behind [ByIssuer]. Where no list has
// all issuers, such as the tenants of a product, a [Resolver] finds them.
//
// # Errors
//
// Every error about a caller matches exactly one outcome, such as [ErrInvalid]
// for an invalid token and [ErrUnavailable] for one that cannot be judged now.
// Those of ErrInvalid match a reason too: [ErrExpired], [ErrAudience] and so
// on. [Reason] names either in one word, for metrics. The text of an error
// gives the value received and the value expected; it is for operators, never
// shows the token, and must not be sent to callers.
//
// # Other kinds of token
//
// An [Authenticator] is anything that makes that decision, and a [Presentation]
// has all that it may need, for every transport. One of your own, such as for
// opaque tokens, makes its Tokens with [Vouched]. If it implements [Schemer],
// it names the schemes that it takes and the challenge of each. With
// [Presentation.Respond] it sends a field such as a nonce, and an error that is
// a [Challenger] brings a challenge of its own.
//
// A [ConfirmationChecker] checks that a token which is bound to a key or a
// certificate came from its owner. A token that is bound by a method without a
// checker is refused.
package token
