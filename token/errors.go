package token

import (
	"errors"

	"github.com/postern-go/postern/internal/rejection"
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
	ErrMissing error = rejection.Missing
	// ErrRequest: the credentials are malformed or there are too many of them
	// (RFC 6750 §3.1 invalid_request). HTTP 400.
	ErrRequest error = rejection.Request
	// ErrInvalid: the access token is invalid (RFC 6750 §3.1 invalid_token).
	// HTTP
	// 401. Each of the reasons below also matches it.
	ErrInvalid error = rejection.Invalid
	// ErrScope: the token is good but lacks a scope (RFC 6750 §3.1
	// insufficient_scope). HTTP 403. See ScopeError and ErrDetail.
	ErrScope error = rejection.Scope
	// ErrStepUp: the user must authenticate again or better (RFC 9470
	// §3). HTTP 401. See StepUpError.
	ErrStepUp error = rejection.StepUp
	// ErrDenied: the caller is known and the policy denies the call. HTTP 403.
	// See ErrSubjectUnknown.
	ErrDenied error = rejection.Denied
	// ErrUnavailable: the token could not be judged, because something needed
	// for that is out of reach. HTTP 503, never 401: the token may well be
	// good, and its client must not throw it away.
	ErrUnavailable error = rejection.Unavailable
)

// The reasons for which a token is invalid. Each also matches ErrInvalid. They
// are for operators, logs and tests: a caller is told one of six fixed
// sentences and no more.
var (
	// ErrMalformed: not a compact JWS of a JSON object, or not spelled in the
	// one accepted way (RFC 7515 §7.1, RFC 7519 §7.2).
	ErrMalformed error = rejection.Malformed
	// ErrTooLarge: longer than Config.MaxTokenSize. It also matches ErrMalformed.
	ErrTooLarge error = rejection.TooLarge
	// ErrAlgorithm: signed with an algorithm that is not allowed, or that the
	// key may not be used with (RFC 8725 §3.1).
	ErrAlgorithm error = rejection.Algorithm
	// ErrCritical: the header demands an extension that is not understood
	// (RFC 7515 §4.1.11, RFC 7797 §7).
	ErrCritical error = rejection.Critical
	// ErrType: another kind of token than an access token (RFC 9068 §4).
	ErrType error = rejection.Type
	// ErrUnknownKey: no key of the issuer fits the token.
	ErrUnknownKey error = rejection.UnknownKey
	// ErrSignature: the signature does not verify.
	ErrSignature error = rejection.Signature
	// ErrIssuer: iss is not the expected issuer (RFC 9068 §4).
	ErrIssuer error = rejection.Issuer
	// ErrAudience: aud does not name this resource server (RFC 9068 §4).
	ErrAudience error = rejection.Audience
	// ErrExpired: exp has passed (RFC 7519 §4.1.4).
	ErrExpired error = rejection.Expired
	// ErrNotYetValid: nbf or iat lies in the future (RFC 7519 §4.1.5).
	ErrNotYetValid error = rejection.NotYetValid
	// ErrClaim: a claim is missing, of the wrong type or out of range.
	ErrClaim error = rejection.Claim
	// ErrInactive: revoked, or inactive according to the issuer (RFC 7662
	// §2.2).
	ErrInactive error = rejection.Inactive
	// ErrBinding: bound to a key or certificate that the caller did not prove
	// to hold, or by a method that is not configured (RFC 7800 §3.1).
	ErrBinding error = rejection.Binding
	// ErrProof: what was to prove possession is wrong in itself, such as a DPoP
	// proof for another URL (RFC 9449 §4.3).
	ErrProof error = rejection.Proof
	// ErrProofMissing: the scheme demands a proof, and there is none (RFC 9449
	// §7.1). It also matches ErrProof.
	ErrProofMissing error = rejection.ProofMissing
	// ErrProofStale: the proof is too old, or its time lies in the future
	// (RFC 9449 §11.1). It also matches ErrProof.
	ErrProofStale error = rejection.ProofStale
	// ErrReplay: the proof was used before (RFC 9449 §11.1). It also matches
	// ErrProof.
	ErrReplay error = rejection.Replay
	// ErrNonce: the proof has no nonce of this service, or one that has ended
	// (RFC 9449 §9). A client repeats its call with the nonce of the answer, so
	// that some of these are normal.
	ErrNonce error = rejection.Nonce
)

// ErrDetail is the ErrScope of a policy about authorization_details (RFC 9396)
// that met a token without such an element. No scope helps: the challenge names
// none. See DetailsOf.
var ErrDetail error = rejection.Detail

// ErrSubjectUnknown is the ErrDenied of a policy about users or clients that
// met a token which proves neither. See Profile.Users and Profile.Clients.
var ErrSubjectUnknown error = rejection.SubjectUnknown

// ErrKeysUnavailable is the ErrUnavailable of a Verifier that cannot reach its
// issuer's keys.
var ErrKeysUnavailable error = rejection.KeysUnavailable

// ErrReplayStoreUnavailable is the ErrUnavailable of a check that cannot tell
// whether a proof was used before, since the store of used proofs is out of reach
// or full.
var ErrReplayStoreUnavailable error = rejection.ReplayStoreUnavailable

// ErrIntrospectionUnavailable is the ErrUnavailable of an Authenticator of package
// introspect that gets no answer about a token: its endpoint is out of reach, refuses
// the credentials of this service, or has been asked too much.
var ErrIntrospectionUnavailable error = rejection.IntrospectionUnavailable

// Reason names why err refuses a call, for metric labels and logs. The answer
// is "" for nil and otherwise one of a closed set: "missing", "request",
// "scope", "detail", "step_up", "denied", "subject_unknown", "unavailable",
// "keys_unavailable", "replay_store_unavailable", "introspection_unavailable",
// "invalid", "malformed",
// "too_large", "algorithm", "critical", "type", "unknown_key", "signature",
// "issuer", "audience", "expired", "not_yet_valid", "claim", "inactive",
// "binding", "proof", "proof_missing", "proof_stale", "replay" and "nonce". An
// error of another origin is "unavailable".
func Reason(err error) string {
	if err == nil {
		return ""
	}
	var s *rejection.Sentinel
	if errors.As(err, &s) {
		return s.Name()
	}
	return rejection.Unavailable.Name()
}

// Reasons lists one error for each reason that Reason can name, the outcomes
// included, each once and in a fixed order. Reason and Outcome name them. Use it
// to make every series of a metric at the start, so that an alert sees the first
// refusal for a reason as a change. Later versions may have more.
func Reasons() []error {
	all := rejection.All()
	list := make([]error, len(all))
	for i, s := range all {
		list[i] = s
	}
	return list
}

// Outcome names the outcome that err matches, which decides the answer, for
// metric labels and logs: "missing", "request", "invalid", "scope", "step_up",
// "denied" or "unavailable", which also stands for an error of another origin.
// It is "" for nil.
func Outcome(err error) string {
	if err == nil {
		return ""
	}
	for _, outcome := range outcomes {
		if errors.Is(err, outcome) {
			return outcome.Name()
		}
	}
	return rejection.Unavailable.Name()
}

// IsOutcome reports whether err matches one of the outcomes. An Authenticator
// or policy of your own must return no other errors.
func IsOutcome(err error) bool {
	var s *rejection.Sentinel
	return errors.As(err, &s)
}
