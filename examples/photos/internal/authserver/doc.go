// Package authserver is a small OAuth 2.0 authorization server, so that the
// photo story has somebody to issue its tokens. IT IS FOR DEMONSTRATION: it
// keeps everything in memory, knows only the owners and clients it is
// configured with, has no refresh tokens, no registration, no second factor
// and no revocation, and is meant for loopback addresses.
//
// What it does, it does honestly:
//
//   - authorization code flow with PKCE, S256 only (RFC 6749 §4.1, RFC 7636),
//     redirect URIs compared byte for byte, codes good for one use, one client,
//     one redirect URI and one verifier, for a minute
//   - client credentials with client_secret_basic (RFC 6749 §4.4, §2.3.1)
//   - tokens bound to a key for clients that prove to have it (RFC 9449 §5), without
//     nonces and dpop_jkt
//   - sign-in and consent pages whose forms are protected against forgery
//   - the resource parameter (RFC 8707), and the iss parameter (RFC 9207)
//   - access tokens after RFC 9068, ID tokens when openid is asked for
//   - userinfo, protected by postern like any other service
//   - discovery in both forms (RFC 8414, OpenID Connect), a JWK Set, and a key
//     ring whose keys are announced, sign, retire and are withdrawn
//   - an outage at the flick of a switch, see [Server.SetOutage]
package authserver
