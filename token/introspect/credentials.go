package introspect

import (
	"cmp"
	"context"
	"crypto"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/printable"
)

// Credentials authenticate this service to the introspection endpoint (RFC 7662
// §2.1). The functions of this package make them, and New checks them. Printing them
// shows no secret.
type Credentials interface {
	// String says what kind of credentials they are.
	String() string
	credential() *credential
}

// credential holds secrets in functions only, so that package fmt has no way to them.
type credential struct {
	kind, clientID string
	check          func() error
	// apply adds what goes into the form, and returns the Authorization field, or "".
	apply       func(ctx context.Context, c *asking, form url.Values) (authorization string, err error)
	certificate func() (*tls.Certificate, error) // nil: none, or one of the HTTPClient
}

func (c *credential) credential() *credential { return c }

func (c *credential) String() string {
	if c.clientID == "" {
		return c.kind
	}
	return c.kind + " of client " + printable.Value(strconv.QuoteToASCII(c.clientID))
}

// GoString is String.
func (c *credential) GoString() string { return c.String() }

// Basic sends client id and secret in the Authorization field, each form-encoded
// before base64 (RFC 6749 §2.3.1).
func Basic(clientID, secret string) Credentials {
	return basic("client_secret_basic", clientID, secret, url.QueryEscape)
}

// BasicRaw is Basic without the form-encoding (RFC 7617), for servers that want it
// so. It makes a difference for ids and secrets with other characters than letters,
// digits and "-_.~". A client id with a colon cannot be sent.
func BasicRaw(clientID, secret string) Credentials {
	return basic("client_secret_basic without form-encoding", clientID, secret, func(s string) string { return s })
}

func basic(kind, clientID, secret string, encode func(string) string) Credentials {
	field := "Basic " + base64.StdEncoding.EncodeToString([]byte(encode(clientID)+":"+encode(secret)))
	return &credential{
		kind: kind, clientID: clientID,
		check: func() error {
			if strings.Contains(encode(clientID), ":") {
				return errors.New("the client id has a colon, which only the form-encoding of Basic can carry")
			}
			return needBoth(clientID, secret)
		},
		apply: func(context.Context, *asking, url.Values) (string, error) { return field, nil },
	}
}

// Post sends client id and secret in the body (RFC 6749 §2.3.1).
func Post(clientID, secret string) Credentials {
	return &credential{
		kind: "client_secret_post", clientID: clientID,
		check: func() error { return needBoth(clientID, secret) },
		apply: func(_ context.Context, _ *asking, form url.Values) (string, error) {
			form.Set("client_id", clientID)
			form.Set("client_secret", secret)
			return "", nil
		},
	}
}

func needBoth(clientID, secret string) error {
	if clientID == "" || secret == "" {
		return errors.New("the client id or the secret is empty")
	}
	return nil
}

// PrivateKey is the key of a client for PrivateKeyJWT. ClientID and Key are required.
type PrivateKey struct {
	// ClientID is the client id of this service.
	ClientID string
	// Key signs. It may be in hardware or at a remote service, and must be safe for
	// concurrent use.
	Key crypto.Signer
	// Algorithm is the signature algorithm. Empty means ES256, ES384, ES512 or EdDSA,
	// as the key is, and PS256 for an RSA key.
	Algorithm string
	// KeyID is the kid by which the issuer finds the key. Empty leaves it out.
	KeyID string
	// Audience is the aud of the assertions, always one string. Empty means
	// Config.Issuer: an assertion for the URL of an endpoint could be used at another
	// server that names the same endpoint as its own.
	Audience string
}

// PrivateKeyJWT sends an assertion signed by the key (RFC 7523 §2.2), a new one for each
// request, good for a minute.
func PrivateKeyJWT(key PrivateKey) Credentials {
	return &credential{
		kind: "private_key_jwt", clientID: key.ClientID,
		check: key.check,
		apply: func(_ context.Context, a *asking, form url.Values) (string, error) {
			assertion, err := key.assertion(cmp.Or(key.Audience, a.issuer), a.now())
			form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
			form.Set("client_assertion", assertion)
			return "", err
		},
	}
}

// MTLS shows a client certificate (RFC 8705 §2). certificate is called for each
// connection, so that a certificate can be replaced. Nil leaves it to the transport of
// Config.HTTPClient, which is then required.
func MTLS(clientID string, certificate func() (*tls.Certificate, error)) Credentials {
	return &credential{
		kind: "tls_client_auth", clientID: clientID, certificate: certificate,
		check: func() error {
			if clientID == "" {
				return errors.New("the client id is empty")
			}
			return nil
		},
		apply: func(_ context.Context, _ *asking, form url.Values) (string, error) {
			form.Set("client_id", clientID)
			return "", nil
		},
	}
}

// BearerFile sends the token in a file (RFC 7662 §2.1). The file is read before each
// request, since the token may be replaced at any time. It holds one token of at most
// 16 KiB, with or without white space around it.
func BearerFile(path string) Credentials {
	c := bearer("bearer token of a file", func(context.Context) (string, error) { return fetch.ReadToken(path) })
	c.check = func() error {
		if path == "" {
			return errors.New("the path of the token file is empty")
		}
		return nil
	}
	return c
}

// BearerSource sends the token that source returns, which is asked before each request
// and should keep the token itself. It may be called concurrently, and must return when
// its context ends. It must not ask this service for the token: that would wait for
// itself.
func BearerSource(source func(context.Context) (string, error)) Credentials {
	c := bearer("bearer token of a source", source)
	c.check = func() error {
		if source == nil {
			return errors.New("the source of bearer tokens is nil")
		}
		return nil
	}
	return c
}

func bearer(kind string, source func(context.Context) (string, error)) *credential {
	return &credential{
		kind: kind,
		apply: func(ctx context.Context, _ *asking, _ url.Values) (string, error) {
			token, err := source(ctx)
			switch {
			case err != nil:
				return "", err
			case !fetch.IsToken(token):
				return "", errors.New("what it returned is no token (RFC 6750, 2.1)")
			}
			return "Bearer " + token, nil
		},
	}
}

// checked are the credentials of a Config, if they can work.
func (c *Config) checkedCredentials() (*credential, error) {
	if nilcheck.Is(c.Credentials) {
		return nil, badConfig("Credentials is required: Basic, BasicRaw, Post, PrivateKeyJWT, MTLS, BearerFile or BearerSource")
	}
	made := c.Credentials.credential()
	if err := made.check(); err != nil {
		return nil, badConfig("Credentials (%s): %v", made.kind, err)
	}
	if made.kind == "tls_client_auth" && made.certificate == nil && (c.HTTPClient == nil || c.HTTPClient.Transport == nil) {
		return nil, badConfig("Credentials (%s): without a certificate it needs a transport of HTTPClient that has one", made.kind)
	}
	return made, nil
}
