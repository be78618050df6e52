// Package jwks supplies the public keys that an authorization server signs its
// tokens with, so that a resource server can verify them by itself.
//
// A [Remote] fetches the keys that an issuer publishes (RFC 7517, found through
// RFC 8414 or OpenID Connect Discovery) and keeps them current for as long as it
// is used:
//
//	keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: "https://login.example.com"})
//	if err != nil {
//		log.Fatal(err)
//	}
//	verifier, err := token.NewVerifier(token.Config{
//		Issuer:   "https://login.example.com",
//		Audience: []string{"https://orders.example.com"},
//		Keys:     keys,
//	})
//
// A [Static] source holds keys that never change, such as those that [ParseSet]
// reads from a file. Both are a [Source], as is any type with such a Keys method.
//
// # Trust
//
// Keys are trusted because of where they came from, so that is checked first:
// https, or http to this machine if the configuration names it; the metadata
// must name the configured issuer, and nothing in it widens the configuration;
// redirects are not followed; and host names must not resolve to addresses that
// no key server has, such as those at which clouds hand out credentials. Then
// each key is judged by itself: see [ParseSet].
//
// # Time
//
// Trust is bounded in both directions. A key that its issuer withdraws is not
// used past the lifetime of the set, and a set outlives an outage of its issuer
// for a bounded time. Those times come from the issuer's Cache-Control, Expires
// and Age (RFC 9111 §4.2), clamped to the bounds of [RemoteConfig]. That no-store
// does not mean a request for each token, and that must-revalidate does not keep
// stale keys from serving in an outage, deviates from RFC 9111 on purpose: that
// RFC is about stored responses, and these are parsed keys.
//
// # Failure
//
// [ErrNotFound] is a verdict: the issuer publishes no such key.
// [ErrUnavailable] is not: the token can be neither accepted nor refused now.
// Treating the second as the first would sign all users out whenever an issuer
// is down.
package jwks
