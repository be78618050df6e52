package tokentest

import (
	"fmt"
	"strings"
)

// Answer is the outcome of a call.
type Answer struct {
	// Admitted tells that the call got past the guard: the handler ran.
	Admitted bool
	// Unsent tells that the transport cannot carry such credentials, so that
	// the service was not called. The attack does not exist there.
	Unsent bool
	// Status is the HTTP status code, or 0 if the call did not go over HTTP.
	Status int
	// Code is the gRPC status code, if the call went over gRPC.
	Code uint32
	// Challenge are the values of the WWW-Authenticate field, or of the
	// trailer www-authenticate.
	Challenge []string
	// RetryAfter is the value of the Retry-After field of an answer over HTTP,
	// or "".
	RetryAfter string
	// Nonce is the value of the DPoP-Nonce field, or of the metadata or trailer
	// dpop-nonce, or "" (RFC 9449 §8).
	Nonce string
}

// String is the answer in a few words.
func (a Answer) String() string {
	switch {
	case a.Unsent:
		return "not sent"
	case a.Status == 0:
		return strings.TrimSpace(fmt.Sprintf("gRPC %d %s", a.Code, a.ErrorCode()))
	default:
		return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.ErrorCode()))
	}
}

// ErrorCode is the value of the error parameter in the first challenge that
// has one (RFC 6750 §3.1), or "". It also reads challenges of other libraries
// than postern.
func (a Answer) ErrorCode() string {
	for _, c := range a.Challenge {
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
