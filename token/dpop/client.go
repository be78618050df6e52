package dpop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/outbound"
	"github.com/postern-go/postern/internal/printable"
)

// dpopScheme is the authentication scheme and the token_type (RFC 9449 §5, §7.1).
const dpopScheme = "DPoP"

// The errors of a Client. None of them shows a token or a proof. They match no
// outcome of package token, since they say nothing about a caller.
var (
	// ErrToken is for a token that cannot be sent under the scheme DPoP: its
	// token_type is another, or it is empty or malformed.
	ErrToken = errors.New("dpop: the source of tokens gave no DPoP-bound token")
	// ErrTarget is for a target that gets no credentials, because its origin is not
	// listed in ClientConfig.Origins or is not what the request says it is.
	ErrTarget = errors.New("dpop: no credentials are for this target")
)

// TokenSource returns the access token for a call in the program's own name, and
// its token_type as the authorization server has told it (RFC 6749 §5.1). It is
// asked at each attempt, so it keeps a token until that expires. It returns when ctx
// ends at the latest, and may be called concurrently. An oauth2.TokenSource of
// golang.org/x/oauth2 becomes one by
//
//	func(context.Context) (string, string, error) {
//		t, err := source.Token()
//		if err != nil {
//			return "", "", err
//		}
//		return t.AccessToken, t.Type(), nil
//	}
type TokenSource func(ctx context.Context) (accessToken, tokenType string, err error)

// ClientConfig is what a Client calls with. Prover, Tokens and Origins are required.
type ClientConfig struct {
	// Prover has the key that the tokens are bound to.
	Prover *Prover
	// Tokens is where the tokens come from.
	Tokens TokenSource
	// Origins are the services that the token is for, such as
	// "https://photos.example.com" or "http://127.0.0.1:8081": a scheme, a host and
	// an optional port, compared whole. http is for loopback hosts alone. The origin
	// of a gRPC service is https, with its authority as host and port.
	Origins []string
	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

// Validate checks the settings without using them. NewClient calls it. The error
// matches token.ErrConfig.
func (c ClientConfig) Validate() error {
	if c.Prover == nil || c.Prover.sign == nil {
		return badConfig("Prover is not one that NewProver has made")
	}
	if c.Tokens == nil {
		return badConfig("Tokens is nil")
	}
	if _, err := outbound.NewOrigins(c.Origins...); err != nil {
		return badConfig("Origins: %v", err)
	}
	return nil
}

// Client is the client's side of calls with DPoP-bound tokens of the program's own
// (RFC 9449 §7). It makes the credentials of each attempt and keeps the last nonce
// of each origin. NewTransport uses it over HTTP, and grpcauth.NewProofCredentials
// over gRPC; both may share one. It is safe for concurrent use.
type Client struct {
	prover  *Prover
	tokens  TokenSource
	time    func() time.Time
	origins outbound.Origins
	nonces  map[outbound.Origin]*atomic.Pointer[string] // one for each of origins
}

// NewClient returns a Client. The error matches token.ErrConfig.
func NewClient(cfg ClientConfig) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Client{prover: cfg.Prover, tokens: cfg.Tokens, time: cfg.Time, nonces: map[outbound.Origin]*atomic.Pointer[string]{}}
	c.origins, _ = outbound.NewOrigins(cfg.Origins...) // which Validate has read
	for o := range c.origins {
		c.nonces[o] = &atomic.Pointer[string]{}
	}
	if c.time == nil {
		c.time = time.Now
	}
	return c, nil
}

// Attempt makes the credentials of one attempt to send a request, for transports
// other than those of this module. Each attempt needs its own, since a server takes
// a proof once. The method is that of HTTP, and POST for gRPC. Query, fragment and
// user of the target are not part of the proof.
//
// It blocks as long as the source of tokens and the key do. The errors are ErrTarget,
// ErrToken, and those of the source and the key.
func (c *Client) Attempt(ctx context.Context, method string, target *url.URL) (*Attempt, error) {
	if err := c.check(target); err != nil {
		return nil, err
	}
	accessToken, err := c.token(ctx)
	if err != nil {
		return nil, err
	}
	at := outbound.OriginOf(target)
	a := &Attempt{last: c.nonces[at], authorization: dpopScheme + " " + accessToken}
	if kept := a.last.Load(); kept != nil {
		a.nonce = *kept
	}
	a.proof, err = c.prover.Proof(Claims{
		Method: method, URL: at.String() + target.EscapedPath(), Token: accessToken, Nonce: a.nonce, IssuedAt: c.time(),
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// check returns an error if the target gets no credentials.
func (c *Client) check(target *url.URL) error {
	switch {
	case c == nil || target == nil:
		return ErrTarget
	case target.Opaque != "":
		return fmt.Errorf("%w: its URL is opaque", ErrTarget)
	case target.Path != "" && target.Path[0] != '/': // the proof would be for another host
		return fmt.Errorf("%w: the path of its URL does not begin with a slash", ErrTarget)
	case !c.origins.Lists(target):
		return fmt.Errorf("%w: its origin is %s, want one of ClientConfig.Origins", ErrTarget, printable.Value(outbound.OriginOf(target).String()))
	}
	return nil
}

// token is the token of the source, fit for a header field.
func (c *Client) token(ctx context.Context) (string, error) {
	accessToken, kind, err := c.tokens(ctx)
	switch {
	case err != nil:
		return "", &sourceError{err}
	case !strings.EqualFold(kind, dpopScheme):
		return "", fmt.Errorf("%w: token_type is %s, want %s", ErrToken, printable.Value(kind), dpopScheme)
	case !isToken68(accessToken):
		return "", fmt.Errorf("%w: it is empty or no token68", ErrToken)
	}
	return accessToken, nil
}

// isToken68 reports whether s has the form of a token in an Authorization field
// (RFC 9110 §11.2).
func isToken68(s string) bool {
	const in = "-._~+/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	s = strings.TrimRight(s, "=")
	return s != "" && strings.Trim(s, in) == ""
}

// sourceError is the error of a TokenSource, which may quote an answer from outside.
type sourceError struct{ err error }

func (e *sourceError) Error() string {
	return printable.Line("dpop: the source of tokens: " + e.err.Error())
}

func (e *sourceError) Unwrap() error { return e.err }
