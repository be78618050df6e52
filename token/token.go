package token

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

// Token is a verified access token. Only an Authenticator makes one: those of
// this module after their checks, and one of your own by Vouched, on its own
// responsibility. So holding a *Token is the proof that its checks have passed.
// It is immutable and safe for concurrent use. Printing or logging it does not
// show the token.
//
// Every method answers for a nil *Token and for the zero Token, as FromContext
// returns for a call without a token: with nothing, so that code that forgets
// to look lets no caller in.
type Token struct {
	// A pointer to a string, which package fmt never follows: it calls no
	// methods of unexported fields, where a Token may lie by value.
	raw *string
	set *claims.Set
}

// payload is the JSON object that t.Claims decodes.
func (t *Token) payload() []byte {
	if t.set.JSON != "" {
		return []byte(t.set.JSON)
	}
	return jws.Payload(t.Raw())
}

// newToken makes a Token in a single allocation.
func newToken(raw string, says *claims.Set) *Token {
	both := &struct {
		t   Token
		raw string
	}{raw: raw}
	both.t = Token{&both.raw, says}
	return &both.t
}

// Principal identifies a subject across issuers. Subjects of different issuers
// are different principals, even with equal names. It is comparable.
type Principal struct {
	Issuer  string
	Subject string
}

// IsZero reports whether t is nil or the zero Token, which has not been verified
// and which no policy accepts.
func (t *Token) IsZero() bool { return t == nil || t.set == nil }

// claims are those of t. A nil or zero Token has none.
func (t *Token) claims() *claims.Set {
	if t.IsZero() {
		return &claims.Set{}
	}
	return t.set
}

// Issuer is the iss claim: who issued the token.
func (t *Token) Issuer() string { return t.claims().Issuer() }

// Subject is the sub claim: the user that the client acts for, or the client
// itself. It is unique only together with Issuer; see Principal. It is "" where
// the profile does not require the claim and the token has none.
func (t *Token) Subject() string { return t.claims().Subject }

// Principal is the pair of Issuer and Subject. Use it as the key of a caller's
// data.
func (t *Token) Principal() Principal { return Principal{t.claims().Issuer(), t.claims().Subject} }

// ClientID is the client the token was issued to (RFC 9068 §2.2), or "" where
// the profile does not require the claim and the token has none.
func (t *Token) ClientID() string { return t.claims().ClientID }

// SubjectKind tells whether the subject is a user or the client itself
// (RFC 9068 §2.2, §5). It is SubjectUnknown unless the token proves one of the
// two and nothing of the other: equal sub and client id prove a client, and so
// do Profile.Clients; only Profile.Users prove a user. A token without sub has
// no user.
func (t *Token) SubjectKind() SubjectKind { return SubjectKind(t.claims().Kind) }

// Audience is a copy of the aud claim: every resource server the token is for.
func (t *Token) Audience() []string { return slices.Clone(t.claims().Audience) }

// Scopes is a copy of the scopes granted, without repetitions, in the order of
// the claim. Scopes that those imply (Config.ScopeImplies) are not in it: ask
// HasScope whether the token is enough.
func (t *Token) Scopes() []string { return slices.Clone(t.claims().Scopes) }

// HasScope reports whether the scope was granted, or is implied by one that was
// (Config.ScopeImplies). So it may be true of a scope that Scopes does not list.
// Scopes are compared byte for byte (RFC 6749 §3.3).
func (t *Token) HasScope(scope string) bool {
	return !t.IsZero() && (slices.Contains(t.set.Scopes, scope) || t.set.Implies(scope))
}

// Values are a copy of the values of a set of Profile.Sets, without repetitions.
// known is false if the token does not tell: the Profile has no set of that
// name, or a claim of it could not be read. A set without values is known.
func (t *Token) Values(set string) (values []string, known bool) {
	values, known = t.claims().Values(set)
	return slices.Clone(values), known
}

// HasValue reports whether a set of Profile.Sets has the value, compared byte
// for byte. It is false where the set is not known.
func (t *Token) HasValue(set, value string) bool {
	values, _ := t.claims().Values(set)
	return slices.Contains(values, value)
}

// ID is the jti claim, or "" where the token has none.
func (t *Token) ID() string { return t.claims().ID }

// IssuedAt is the iat claim in UTC, or the zero time where the token has none.
func (t *Token) IssuedAt() time.Time { return claims.Time(t.claims().IssuedAt) }

// NotBefore is the nbf claim in UTC, or the zero time where the token has none.
func (t *Token) NotBefore() time.Time { return claims.Time(t.claims().NotBefore) }

// Expiry is the exp claim in UTC.
func (t *Token) Expiry() time.Time { return claims.Time(t.claims().Expiry) }

// Deadline is when the verifier stops accepting the token: Expiry plus the
// leeway it allows. Work that goes on for long, such as a stream, ends here.
func (t *Token) Deadline() time.Time { return t.claims().Deadline() }

// Raw is the token as received, for passing it on. It is a secret: its
// holder can act as the caller.
func (t *Token) Raw() string {
	if t == nil || t.raw == nil {
		return ""
	}
	return *t.raw
}

// Confirmation is the value of a member of the cnf claim (RFC 7800 §3.1), such
// as "jkt", and whether the token has one of that name that is a string.
func (t *Token) Confirmation(method string) (string, bool) {
	var value string
	var found bool
	if t.claims().Confirmation.Kind == strict.Object {
		_ = strict.Members(t.claims().Confirmation.Raw, func(name string, v strict.Value) {
			if name == method {
				value, found = v.Text()
			}
		})
	}
	return value, found
}

// Remembered reports whether the token was verified at an earlier call and its
// signature was not verified again for this one, or that the issuer was asked about it
// for an earlier call. It is false for a nil or zero
// Token, and for one that Vouched made.
func (t *Token) Remembered() bool { return t.claims().Remembered }

// Fresh reports whether the issuer was asked about the token for this call, so that
// it was not revoked when the call came in. Package introspect asks. It is false for a
// JWT whose signature alone was verified, and for a nil or zero Token.
func (t *Token) Fresh() bool { return t.claims().Fresh }

// Bound reports whether a caller may use the token only with a proof of
// possession. Such a token is useless to pass on.
func (t *Token) Bound() bool { return t.claims().Confirmation.Kind != strict.Absent }

// String names the token without showing it.
func (t *Token) String() string {
	if t.IsZero() {
		return "no access token"
	}
	return "access token of " + printable.Value(strconv.QuoteToASCII(t.set.ClientID)) + " for " + printable.Value(strconv.QuoteToASCII(t.set.Subject))
}

// Format implements fmt.Formatter, so that no verb shows the token.
func (t *Token) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, t.String()) }

// LogValue implements slog.LogValuer. It leaves the token itself out, and is an
// empty group for a nil or zero Token. If another party acts for the subject, a
// group named actor says which.
func (t *Token) LogValue() slog.Value {
	if t.IsZero() {
		return slog.GroupValue()
	}
	list := []slog.Attr{
		slog.String("issuer", t.Issuer()),
		slog.String("subject", t.set.Subject),
		slog.String("subject_kind", t.SubjectKind().String()),
		slog.String("client_id", t.set.ClientID),
		slog.String("id", t.set.ID),
		slog.Time("expiry", t.Expiry()),
	}
	if a, ok := t.Actor(); ok {
		list = append(list, slog.Group("actor", slog.String("issuer", printable.Line(a.Issuer)),
			slog.String("subject", printable.Line(a.Subject)), slog.String("client_id", printable.Line(a.ClientID))))
	}
	return slog.GroupValue(list...)
}
