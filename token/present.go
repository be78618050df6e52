package token

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"

	"github.com/postern-go/postern/internal/printable"
)

// Presentation is what a caller presented, free of any transport: the same
// checks serve HTTP and gRPC. Printing it, logging it and encoding it as JSON
// show neither the token nor the proofs, which are secrets; reading its fields
// does.
type Presentation struct {
	// Scheme is the authentication scheme, "Bearer" in any case. Empty means
	// Bearer.
	Scheme string
	// Token is the access token as received. Empty means that there was none.
	// Custom claims are decoded from it when they are asked for, so it must
	// not lie in a buffer that is used again, as strings made by package unsafe
	// may.
	Token string
	// Method is the HTTP method. It is POST for gRPC.
	Method string
	// URL is the target as the caller addressed it, or nil if unknown.
	URL *url.URL
	// Proofs are the values of the DPoP header field (RFC 9449 §4.1).
	Proofs []string
	// Certificates is the client's certificate chain, leaf first, as the TLS
	// connection has it.
	Certificates []*x509.Certificate
}

// Bearer is the presentation of a token by itself (RFC 6750).
func Bearer(raw string) Presentation { return Presentation{Scheme: "Bearer", Token: raw} }

// String says what was presented without showing it.
func (p Presentation) String() string {
	scheme := p.Scheme
	if scheme == "" {
		scheme = "Bearer"
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

// Authenticator decides whether what a caller presented is a good access
// token. Implementations may be called concurrently and may block, until ctx
// ends, on what they need from elsewhere. Every error matches exactly one of
// the outcomes; a nil error comes with a non-nil Token.
type Authenticator interface {
	Authenticate(ctx context.Context, p Presentation) (*Token, error)
}

// BearerOnly reports whether auth judges a token by itself: of a Presentation
// it reads Scheme and Token and nothing else. That is so for a Verifier without
// Proofs, and for ByIssuer if it is so for all of its issuers. Whoever guards
// calls need not gather the rest then, and the guards of this module do not.
// Of any other Authenticator, nil included, it is not known, and the answer is
// false.
func BearerOnly(auth Authenticator) bool {
	switch a := auth.(type) {
	case *Verifier:
		return a != nil && len(a.proofs) == 0
	case *byIssuer:
		for _, each := range a.auths {
			if !BearerOnly(each) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Proof is a way for a caller to prove that a token was issued to it, such as
// by a certificate (RFC 8705) or a signed proof (RFC 9449). Implementations
// may be called concurrently.
type Proof interface {
	// Method is the member of the cnf claim that the proof is about, such as
	// "x5t#S256" (RFC 7800 §3.1). NewVerifier refuses "jkt": DPoP, which needs a
	// scheme of its own, is not supported yet.
	Method() string
	// Check returns nil if p proves possession of what t is bound to, and
	// otherwise an error that matches ErrProof, or ErrUnavailable if that
	// cannot be told; any other error counts as ErrProof. t has passed every check before the binding, and
	// t.Confirmation has the value it is bound to.
	Check(ctx context.Context, t *Token, p Presentation) error
}
