package token

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/postern-go/postern/internal/printable"
)

// Presentation is what a caller presented, free of any transport: the same
// checks serve HTTP and gRPC. Printing it, logging it and encoding it as JSON
// show neither the token nor the proofs, which are secrets; reading its fields
// does.
type Presentation struct {
	// Scheme is the authentication scheme, in any case. Empty means Bearer.
	Scheme string
	// Token is the access token as received. Empty means that there was none.
	// Custom claims are decoded from it on demand, so it must not share memory
	// with a buffer that is reused, as strings made by package unsafe may.
	Token string
	// Call is the call that the credentials came with, or nil if nothing else
	// is known about it. It may be used until Authenticate returns, and not
	// later.
	Call Call
	// Fresh says that the policy of the call wants an answer of the issuer for this
	// call, and none that is remembered; see scope.Fresh. An Authenticator that cannot
	// give one ignores it, and the policy refuses then.
	Fresh bool
}

// Request describes the call, or is the zero Request. It is built on demand, so
// ask only if a check needs it.
func (p Presentation) Request() Request {
	if p.Call == nil {
		return Request{}
	}
	return p.Call.Request()
}

// Call is a call as a transport knows it. A Request is one, for tests and for
// transports that gather everything first.
type Call interface {
	// Request describes the call.
	Request() Request
	// Respond keeps a field for the response; see Presentation.Respond. It
	// reports whether the field will be sent.
	Respond(Field) bool
}

// Request describes a call, free of any transport. Printing it, logging it and
// encoding it as JSON do not show the proofs.
type Request struct {
	// Method is the HTTP method. It is POST for gRPC.
	Method string
	// URL is the target as the caller addressed it, or nil if unknown.
	URL *url.URL
	// DPoP are the values of the DPoP header field (RFC 9449 §4.1).
	DPoP []string
	// Certificates is the certificate chain, leaf first, as the TLS connection
	// has it: that of the client, or of a proxy in between.
	Certificates []*x509.Certificate
	// Peer is the address of the other end of the connection: the client, or a
	// proxy in between. It is the zero Addr if that is not an IP address or not
	// known.
	Peer netip.Addr
	// UnixSocket says that the connection is a Unix socket.
	UnixSocket bool
	// Fields are all header fields of the call as received, or its metadata, with
	// names as in http.CanonicalHeaderKey. It must not be modified, and it may
	// have secrets.
	Fields http.Header
}

// Request implements Call.
func (r Request) Request() Request { return r }

// Respond implements Call. A Request has no response to send a field with.
func (r Request) Respond(Field) bool { return false }

// String says what kind of request it is.
func (r Request) String() string {
	return "request by " + printable.Value(strconv.QuoteToASCII(r.Method))
}

// Format implements fmt.Formatter, so that no verb shows the proofs.
func (r Request) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.String()) }

// LogValue implements slog.LogValuer, as String does.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON implements json.Marshaler with what String says.
func (r Request) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// Bearer is the presentation of a token by itself (RFC 6750).
func Bearer(raw string) Presentation { return Presentation{Scheme: bearer, Token: raw} }

// String describes the credentials without showing them.
func (p Presentation) String() string {
	scheme := p.Scheme
	if scheme == "" {
		scheme = bearer
	}
	text := "no access token"
	if p.Token != "" {
		text = "access token of " + strconv.Itoa(len(p.Token)) + " bytes"
	}
	return text + " under scheme " + printable.Value(strconv.QuoteToASCII(scheme))
}

// Format implements fmt.Formatter, so that no verb shows the token.
func (p Presentation) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, p.String()) }

// LogValue implements slog.LogValuer, as String does.
func (p Presentation) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalJSON implements json.Marshaler with what String says: a Presentation
// ends up in JSON by mistake only.
func (p Presentation) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// Authenticator decides whether what a caller presented is a good access token.
// Implementations may be called concurrently, and may block on other services
// until ctx ends. Every error matches exactly one of the outcomes; a nil error
// comes with a non-nil Token.
type Authenticator interface {
	Authenticate(ctx context.Context, p Presentation) (*Token, error)
}

// ConfirmationChecker checks that a caller possesses the key or certificate to
// which a token is bound (RFC 7800 §3.1): a certificate (RFC 8705), or a key by
// a signed proof (RFC 9449). Implementations may be called concurrently.
type ConfirmationChecker interface {
	// Method is the member of the cnf claim that it checks, such as
	// "x5t#S256" (RFC 7800 §3.1). One for "jkt" must be a SchemeChecker, since a
	// token bound so must not pass under Bearer (RFC 9449 §7.2).
	Method() string
	// Check returns nil if p proves possession of what t is bound to, and
	// otherwise an error that matches ErrBinding, ErrProof, ErrNonce, ErrRequest if
	// what was sent for it is ambiguous, such as a proof or a field that is there
	// twice, or ErrUnavailable if it cannot be told; any other error counts as
	// ErrBinding.
	// t has passed every check before the binding, and t.Confirmation has the value
	// it is bound to.
	Check(ctx context.Context, t *Token, p Presentation) error
}

// SchemeChecker is a ConfirmationChecker for tokens that are presented under a
// scheme of their own, as DPoP is (RFC 9449 §7.1). A Verifier refuses a token that
// is bound by its method under any other scheme, and a token under its scheme that
// is not bound by its method. It is asked after all other checkers of a token, so
// that a proof counts as used only if everything else is good.
type SchemeChecker interface {
	ConfirmationChecker
	// Scheme is that scheme. The answer must not change.
	Scheme() Scheme
	// Required reports whether tokens are taken under this scheme alone, so that
	// all others are refused. The answer must not change.
	Required() bool
}
