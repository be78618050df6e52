package token

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/jwks"
)

// ErrConfig matches every error of a constructor of this module that was given
// settings it cannot work with: a process that meets one must not start
// serving. It is not an outcome, since no caller can cause it.
var ErrConfig = jwks.ErrConfig

// The outcomes. Every error about a caller matches exactly one of them, and
// the outcome alone decides what the caller is answered. An error that matches
// none, as a faulty Authenticator may return, counts as ErrUnavailable: it
// says nothing about the token.
var (
	// ErrMissing: no access token of an accepted scheme was presented
	// (RFC 6750 §3.1). HTTP 401 without an error code.
	ErrMissing error = outcome("missing", "no access token presented")
	// ErrRequest: the credentials are malformed or there are too many of them
	// (RFC 6750 §3.1 invalid_request). HTTP 400.
	ErrRequest error = outcome("request", "malformed credentials")
	// ErrInvalid: the access token is no good (RFC 6750 §3.1 invalid_token).
	// HTTP 401. Each of the reasons below also matches it.
	ErrInvalid error = outcome("invalid", "access token refused")
	// ErrScope: the token is good but lacks a scope (RFC 6750 §3.1
	// insufficient_scope). HTTP 403. See ScopeError.
	ErrScope error = outcome("scope", "insufficient scope")
	// ErrStepUp: the user must authenticate again or better (RFC 9470
	// §3). HTTP 401. See StepUpError.
	ErrStepUp error = outcome("step_up", "insufficient user authentication")
	// ErrDenied: the caller is known and the policy says no. HTTP 403.
	ErrDenied error = outcome("denied", "access denied")
	// ErrUnavailable: the token could not be judged, because something that
	// is needed for it is out of reach. HTTP 503, never 401: the token may
	// well be good, and its client must not throw it away.
	ErrUnavailable error = outcome("unavailable", "access token cannot be judged now")
)

// The reasons for which a token is no good. Each also matches ErrInvalid.
// They are for operators, logs and tests: a caller is told one of six fixed
// sentences and no more.
var (
	// ErrMalformed: not a compact JWS of a JSON object, or not spelled in the
	// one accepted way (RFC 7515 §7.1, RFC 7519 §7.2).
	ErrMalformed error = reason("malformed", "malformed")
	// ErrTooLarge: longer than Config.MaxTokenSize. It also matches ErrMalformed.
	ErrTooLarge error = &sentinel{parent: ErrMalformed, reason: "too_large", text: "too large"}
	// ErrAlgorithm: signed with an algorithm that is not allowed, or that the
	// key may not be used with (RFC 8725 §3.1).
	ErrAlgorithm error = reason("algorithm", "signature algorithm not allowed")
	// ErrCritical: the header demands an extension that is not understood
	// (RFC 7515 §4.1.11, RFC 7797 §7).
	ErrCritical error = reason("critical", "critical header parameter not understood")
	// ErrType: another kind of token than an access token (RFC 9068 §4).
	ErrType error = reason("type", "wrong type of token")
	// ErrUnknownKey: no key of the issuer fits the token.
	ErrUnknownKey error = reason("unknown_key", "no key of the issuer fits")
	// ErrSignature: the signature does not verify.
	ErrSignature error = reason("signature", "bad signature")
	// ErrIssuer: iss is not the expected issuer (RFC 9068 §4).
	ErrIssuer error = reason("issuer", "wrong issuer")
	// ErrAudience: aud does not name this resource server (RFC 9068 §4).
	ErrAudience error = reason("audience", "wrong audience")
	// ErrExpired: exp has passed (RFC 7519 §4.1.4).
	ErrExpired error = reason("expired", "expired")
	// ErrNotYetValid: nbf or iat lies in the future (RFC 7519 §4.1.5).
	ErrNotYetValid error = reason("not_yet_valid", "not yet valid")
	// ErrClaim: a claim is missing, of the wrong type or out of range.
	ErrClaim error = reason("claim", "claim missing or wrong")
	// ErrInactive: revoked, or inactive by word of the issuer (RFC 7662 §2.2).
	ErrInactive error = reason("inactive", "not active")
	// ErrProof: bound to a key or certificate that the caller did not prove
	// to hold, or by a method that is not configured (RFC 7800 §3.1).
	ErrProof error = reason("binding", "proof of possession missing or wrong")
)

// ErrKeysUnavailable is the ErrUnavailable of a Verifier whose issuer's keys
// are out of reach.
var ErrKeysUnavailable error = &sentinel{parent: ErrUnavailable, reason: "keys_unavailable", text: "issuer's keys unavailable"}

// sentinel is a node in the tree of outcomes and reasons.
type sentinel struct {
	parent error // nil for an outcome
	reason string
	text   string
}

func outcome(reason, text string) *sentinel {
	return &sentinel{reason: reason, text: text}
}

func reason(name, text string) *sentinel {
	return &sentinel{parent: ErrInvalid, reason: name, text: text}
}

func (s *sentinel) Error() string { return "token: " + s.text }
func (s *sentinel) Unwrap() error { return s.parent }

// Reason names why err refuses a call, for metric labels and logs. The answer
// is "" for nil and otherwise one of a closed set: "missing", "request",
// "scope", "step_up", "denied", "unavailable", "keys_unavailable", "invalid",
// "malformed", "too_large", "algorithm", "critical", "type", "unknown_key",
// "signature", "issuer", "audience", "expired", "not_yet_valid", "claim",
// "inactive" and "binding". An error of another origin is "unavailable".
func Reason(err error) string {
	if err == nil {
		return ""
	}
	var s *sentinel
	if errors.As(err, &s) {
		return s.reason
	}
	return ErrUnavailable.(*sentinel).reason
}

// IsOutcome reports whether err matches one of the outcomes. An Authenticator
// or policy of your own must return no other errors.
func IsOutcome(err error) bool {
	var s *sentinel
	return errors.As(err, &s)
}

// ScopeError is the ErrScope that names what the call needs.
type ScopeError struct {
	// Need lists the scopes that together are enough for the call. They go
	// into the challenge, so that the client knows what to ask for.
	Need []string
}

func (e *ScopeError) Error() string {
	return printable.Line(ErrScope.Error() + ": need " + strings.Join(e.Need, " "))
}

// Unwrap returns ErrScope.
func (e *ScopeError) Unwrap() error { return ErrScope }

// StepUpError is the ErrStepUp that names the authentication the call needs
// (RFC 9470 §3). A policy returns it.
type StepUpError struct {
	// ACRValues lists acceptable authentication contexts in order of
	// preference. Empty: any will do.
	ACRValues []string
	// MaxAge is how long ago the user may have authenticated, in whole
	// seconds on the wire. Zero: any time ago.
	MaxAge time.Duration
	// Need lists the scopes the call needs, where those are short too.
	Need []string
}

func (e *StepUpError) Error() string {
	return printable.Line(ErrStepUp.Error() + ": need acr " + strings.Join(e.ACRValues, " or ") + ", max age " + e.MaxAge.String())
}

// Unwrap returns ErrStepUp.
func (e *StepUpError) Unwrap() error { return ErrStepUp }

// refusal says which check refused a token, what it saw and what would have
// passed. The sentence is put together only if somebody reads it.
type refusal struct {
	why   error  // the reason
	what  string // what was looked at: "aud", "header typ"
	seen  string // its value as received, hostile; "" if absent
	dated bool   // its value is date, and seen is empty
	date  int64
	want  string // what would have passed
	field string // the setting that would change the verdict, or ""
	cause error
}

// Unwrap returns the reason. The cause is found by Is and As: a list of both
// would be made anew for every question, which is most of what it costs to
// refuse a call.
func (r *refusal) Unwrap() error { return r.why }

// Is and As see no outcome in the cause: what is wrong with a token is the
// reason, whatever a source of keys has to say.
func (r *refusal) Is(target error) bool {
	_, outcome := target.(*sentinel)
	return !outcome && r.cause != nil && errors.Is(r.cause, target)
}

func (r *refusal) As(target any) bool {
	_, outcome := target.(**sentinel)
	return !outcome && r.cause != nil && errors.As(r.cause, target)
}

func (r *refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.why.Error())
	if r.what != "" {
		b.WriteString(": " + r.what)
		b.WriteString(r.sight())
	}
	if r.want != "" {
		b.WriteString(", want " + r.want)
	}
	if r.field != "" {
		b.WriteString(" (see " + r.field + ")")
	}
	if r.cause != nil {
		b.WriteString(": " + r.cause.Error())
	}
	return printable.Line(b.String())
}

func (r *refusal) sight() string {
	switch {
	case r.seen != "":
		return " is " + printable.Value(r.seen)
	case r.dated:
		return " is " + strconv.FormatInt(r.date, 10)
	default:
		return " is absent"
	}
}
