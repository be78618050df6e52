package tokentest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Refusal is how a call must be refused.
type Refusal struct {
	// Status is the answer over HTTP.
	Status int
	// Code is the answer over gRPC.
	Code uint32
	// Error is the error code in the challenge (RFC 6750 §3.1), or "" if the
	// challenge must have none. With 403 there is no challenge at all then:
	// no other token would help.
	Error string
}

// What attacks are answered with.
var (
	refuseMissing = Refusal{Status: http.StatusUnauthorized, Code: codeUnauthenticated}
	refuseRequest = Refusal{Status: http.StatusBadRequest, Code: codeUnauthenticated, Error: "invalid_request"}
	refuseInvalid = Refusal{Status: http.StatusUnauthorized, Code: codeUnauthenticated, Error: "invalid_token"}
	refuseScope   = Refusal{Status: http.StatusForbidden, Code: codePermissionDenied, Error: "insufficient_scope"}
	refuseDenied  = Refusal{Status: http.StatusForbidden, Code: codePermissionDenied}
)

// The gRPC status codes of refusals (google.rpc.Code). This package does not
// link grpc.
const (
	codePermissionDenied uint32 = 7
	codeUnauthenticated  uint32 = 16
)

func (r Refusal) String() string {
	name := r.Error
	if name == "" {
		name = "no error code"
	}
	return fmt.Sprintf("%d %s (gRPC %d)", r.Status, name, r.Code)
}

// What is wrong with a service that fails the suite.
var (
	// ErrAdmitted: an attack got in.
	ErrAdmitted = errors.New("the attack got in")
	// ErrRefused: the good token did not get in, so that nothing is proven by
	// the refusal of bad ones.
	ErrRefused = errors.New("the good token was refused")
	// ErrAnswer: the attack was refused, but with another answer than the one
	// right one. Clients act on the answer: they ask for a new token, for more
	// scopes, or try again.
	ErrAnswer = errors.New("the answer is wrong")
	// ErrFetched: the service made a request to an address that the attacker
	// chose (RFC 8725 §3.10).
	ErrFetched = errors.New("the service made a request for the attacker")
	// ErrEcho: the challenge repeats the token.
	ErrEcho = errors.New("the answer repeats the token")
	// ErrSkip: RefusalConfig.Skip names an attack that does not exist.
	ErrSkip = errors.New("there is no such attack to skip")
)

// judge tells what is wrong with the answer to an attack, or nil.
func (r Refusal) judge(a Answer) error {
	switch {
	case a.Admitted:
		return ErrAdmitted
	case a.Status != 0 && a.Status != r.Status, a.Status == 0 && a.Code != r.Code:
		return fmt.Errorf("%w: %s, want %s", ErrAnswer, a, r)
	case r == refuseDenied && len(a.Challenge) > 0:
		return fmt.Errorf("%w: challenge %q, want none", ErrAnswer, a.Challenge)
	case a.Status != 0 && len(a.Challenge) == 0 && r != refuseDenied:
		// RFC 9110 §11.6.1, RFC 6750 §3
		return fmt.Errorf("%w: no challenge", ErrAnswer)
	case len(a.Challenge) > 0 && errorCode(a.Challenge) != r.Error:
		return fmt.Errorf("%w: challenge %q, want error code %q", ErrAnswer, a.Challenge, r.Error)
	default:
		return nil
	}
}

// String tells what became of the call in a few words.
func (a Answer) String() string {
	switch {
	case a.Unsent:
		return "not sent"
	case a.Status == 0:
		return strings.TrimSpace(fmt.Sprintf("gRPC %d %s", a.Code, errorCode(a.Challenge)))
	default:
		return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, errorCode(a.Challenge)))
	}
}

// errorCode is the value of the error parameter in the first challenge that
// has one. It also reads challenges of other libraries than postern.
func errorCode(challenges []string) string {
	for _, c := range challenges {
		_, params, _ := strings.Cut(strings.TrimSpace(c), " ")
		for params != "" {
			var name, value string
			name, value, params = nextParam(params)
			if strings.EqualFold(name, "error") {
				return value
			}
		}
	}
	return ""
}

// nextParam takes the first auth-param (RFC 9110 §11.2) off a list of them.
func nextParam(params string) (name, value, rest string) {
	name, rest, _ = strings.Cut(params, "=")
	name, rest = strings.Trim(name, " \t,"), strings.TrimLeft(rest, " \t")
	if !strings.HasPrefix(rest, `"`) {
		value, rest, _ = strings.Cut(rest, ",")
		return name, strings.TrimSpace(value), rest
	}
	for n := 1; n < len(rest); n++ {
		switch rest[n] {
		case '\\':
			n++
		case '"':
			return name, rest[1:n], rest[n+1:]
		}
	}
	return name, rest[1:], ""
}
