package introspect

import (
	"context"
	"crypto"
	"crypto/tls"
)

// Credentials authenticate this service to the introspection endpoint (RFC 7662
// §2.1). The functions of this package make them. Printing them shows no secret.
type Credentials interface {
	credentials()
}

// PrivateKey is the key of a client for PrivateKeyJWT.
type PrivateKey struct {
	// ClientID is the client id of this service.
	ClientID string
	// Key signs. It may be in hardware.
	Key crypto.Signer
	// Algorithm is the signature algorithm. Empty means that of the key: ES256,
	// ES384, ES512, EdDSA, or PS256 for an RSA key.
	Algorithm string
	// KeyID is the kid by which the issuer finds the key. Empty leaves it out.
	KeyID string
	// Audience is the aud of the assertions. Empty means Config.Issuer, as the issuer
	// should demand.
	Audience string
}

// Basic sends client id and secret in the Authorization field, each form-encoded
// before base64 (RFC 6749 §2.3.1).
func Basic(clientID, secret string) Credentials { panic("todo") }

// BasicRaw is Basic without the form-encoding (RFC 7617), for servers that want it
// so. It makes a difference for ids and secrets with other characters than letters,
// digits and "-._*".
func BasicRaw(clientID, secret string) Credentials { panic("todo") }

// Post sends client id and secret in the body (RFC 6749 §2.3.1).
func Post(clientID, secret string) Credentials { panic("todo") }

// PrivateKeyJWT sends an assertion signed by the key, made for each request anew
// (RFC 7523 §2.2).
func PrivateKeyJWT(key PrivateKey) Credentials { panic("todo") }

// MTLS shows a client certificate (RFC 8705 §2). certificate is called for each
// connection; nil leaves it to the transport of Config.HTTPClient.
func MTLS(clientID string, certificate func() (*tls.Certificate, error)) Credentials { panic("todo") }

// BearerFile sends the token in a file, which is read again each minute.
func BearerFile(path string) Credentials { panic("todo") }

// BearerSource sends the token that source returns.
func BearerSource(source func(context.Context) (string, error)) Credentials { panic("todo") }
