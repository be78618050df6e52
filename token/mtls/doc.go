// Package mtls checks access tokens that are bound to a client certificate
// (RFC 8705): a thief without the private key cannot use them.
//
// A Checker goes into token.Config.Confirmations:
//
//	binding, err := mtls.New(mtls.Config{})
//	verifier, err := token.NewVerifier(token.Config{
//		Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"},
//		Confirmations: []token.ConfirmationChecker{binding},
//	})
//
// The zero Config takes the certificate of the TLS connection and nothing else.
// The server must ask for it: set tls.Config.ClientAuth to tls.RequestClientCert,
// or to tls.RequireAnyClientCert if it takes bound tokens alone. Over gRPC the
// connection must be one of credentials.NewTLS. Other security protocols, such as
// ALTS, hand over no certificate, and bound tokens are then refused.
//
// Behind a proxy that ends TLS, the connection shows the proxy and not the
// client. Config.Header names the field in which that proxy passes the client's
// certificate on, and Config.Proxy the proxies that may set it. Without both no
// field is read: callers can send any field themselves.
//
// The binding is the SHA-256 thumbprint of the certificate. Neither its issuer
// nor its dates matter, unless Config.Roots is set (RFC 8705 §6.2).
package mtls
