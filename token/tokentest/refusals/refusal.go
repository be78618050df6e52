package refusals

import (
	"errors"
	"net/http"

	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// Refusal is how a call must be refused.
type Refusal struct {
	// Status is the answer over HTTP.
	Status int
	// Code is the answer over gRPC.
	Code uint32
	// Error is the error code in the challenge (RFC 6750 §3.1), or "" if the
	// challenge must have none. A 403 and a 503 must have no challenge at all
	// then: no other token would help.
	Error string
}

func (r Refusal) String() string { return verdict.Refusal(r).String() }

// The answers to attacks.
var (
	refuseMissing = Refusal{Status: http.StatusUnauthorized, Code: verdict.CodeUnauthenticated}
	refuseRequest = Refusal{Status: http.StatusBadRequest, Code: verdict.CodeUnauthenticated, Error: "invalid_request"}
	refuseInvalid = Refusal(verdict.Invalid)
	refuseProof   = Refusal{Status: http.StatusUnauthorized, Code: verdict.CodeUnauthenticated, Error: "invalid_dpop_proof"}
	refuseNonce   = Refusal{Status: http.StatusUnauthorized, Code: verdict.CodeUnauthenticated, Error: "use_dpop_nonce"}
	refuseScope   = Refusal{Status: http.StatusForbidden, Code: verdict.CodePermissionDenied, Error: "insufficient_scope"}
	refuseStepUp  = Refusal{Status: http.StatusUnauthorized, Code: verdict.CodeUnauthenticated, Error: "insufficient_user_authentication"}
	refuseUnknown = Refusal{Status: http.StatusServiceUnavailable, Code: verdict.CodeUnavailable}
	refuseDenied  = Refusal{Status: http.StatusForbidden, Code: verdict.CodePermissionDenied}
)

// The errors of a service that fails the suite.
var (
	// ErrAdmitted: an attack got in.
	ErrAdmitted = verdict.ErrAdmitted
	// ErrRefused: the good token did not get in, so that the refusal of bad
	// ones proves nothing.
	ErrRefused = verdict.ErrRefused
	// ErrAnswer: the attack was refused, but with another answer than the one
	// right one. Clients act on the answer: they ask for a new token, for more
	// scopes, or try again.
	ErrAnswer = verdict.ErrAnswer
	// ErrFetched: the service made a request to an address that the attacker
	// chose (RFC 8725 §3.10).
	ErrFetched = errors.New("the service made a request for the attacker")
	// ErrEcho: the challenge repeats the token.
	ErrEcho = errors.New("the answer repeats the token")
	// ErrSkip: Config.Skip names an attack that does not exist.
	ErrSkip = verdict.ErrSkip
)
