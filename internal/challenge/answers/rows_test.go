package answers_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/token"
)

const (
	metadataURL = "https://api.example.com/.well-known/oauth-protected-resource"
	rm          = `resource_metadata="` + metadataURL + `"`
)

// bearer is the schemes of an Authenticator that names none.
var bearer = []token.Scheme{{Name: "Bearer"}}

// row is what callers are told of an error, over both transports. It stands
// here a second time, in the words of the specification, so that the table
// cannot drift from it unseen.
type row struct {
	name      string
	err       error
	status    int
	challenge string // "" if there is none
	retry     string // Retry-After
	code      uint32
	reason    string // of google.rpc.ErrorInfo
	message   string
	metadata  map[string]string
}

func invalid(name string, err error, text string) row {
	return row{
		name: name, err: err, status: 401, code: 16, reason: "INVALID_TOKEN", message: text,
		challenge: `Bearer realm="api", error="invalid_token", error_description="` + text + `", ` + rm,
	}
}

func unproved(name, code string, err error, text string) row {
	return row{
		name: name, err: err, status: 401, code: 16, reason: strings.ToUpper(code), message: text,
		challenge: `Bearer realm="api", error="` + code + `", error_description="` + text + `", ` + rm,
	}
}

func malformed(name string, err error, text string) row {
	return row{
		name: name, err: err, status: 400, code: 16, reason: "INVALID_REQUEST", message: text,
		challenge: `Bearer realm="api", error="invalid_request", error_description="` + text + `", ` + rm,
	}
}

func unavailable(name string, err error, reason string) row {
	return row{
		name: name, err: err, status: 503, retry: "5", code: 14, reason: reason,
		message: "The access token cannot be checked at the moment",
	}
}

func short(name string, err error, parameter string, metadata map[string]string) row {
	return row{
		name: name, err: err, status: 403, code: 7, reason: "INSUFFICIENT_SCOPE", metadata: metadata,
		message:   "The access token lacks a required scope",
		challenge: `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", ` + parameter + rm,
	}
}

// shortOf is the answer to a token that lacks something else than scopes.
func shortOf(name string, err error, text string) row {
	return row{
		name: name, err: err, status: 403, code: 7, reason: "INSUFFICIENT_SCOPE", message: text,
		challenge: `Bearer realm="api", error="insufficient_scope", error_description="` + text + `", ` + rm,
	}
}

func stepUp(name string, err error, parameters string, metadata map[string]string) row {
	return row{
		name: name, err: err, status: 401, code: 16, reason: "INSUFFICIENT_USER_AUTHENTICATION", metadata: metadata,
		message:   "A different or more recent authentication is required",
		challenge: `Bearer realm="api", error="insufficient_user_authentication", error_description="A different or more recent authentication is required", ` + parameters + rm,
	}
}

func denied(name string, err error) row {
	return row{name: name, err: err, status: 403, code: 7, reason: "ACCESS_DENIED", message: "Access denied"}
}

var rows = []row{
	{
		name: "C_6750-3-1 C_6750-3.1-4 missing", err: token.ErrMissing, status: 401, code: 16,
		reason: "CREDENTIALS_MISSING", message: "An access token is required",
		challenge: `Bearer realm="api", ` + rm,
	},
	malformed("C_6750-2.1-7 request", token.ErrRequest, "Malformed credentials"),
	malformed("C_6750-2.1-5 credentials that cannot be read", credentials.ErrMalformed, "Malformed credentials"),
	malformed("C_6750-2.1-10 several tokens", credentials.ErrMultiple, "More than one access token was presented"),

	invalid("C_6750-3.1-2 invalid", token.ErrInvalid, "The access token is invalid"),
	invalid("C_6750-3.1-2 malformed", token.ErrMalformed, "The access token is malformed"),
	invalid("C_6750-3.1-2 too large", token.ErrTooLarge, "The access token is malformed"),
	invalid("C_6750-3.1-2 algorithm", token.ErrAlgorithm, "The access token is invalid"),
	invalid("C_6750-3.1-2 critical", token.ErrCritical, "The access token is invalid"),
	invalid("C_6750-3.1-2 type", token.ErrType, "The access token is invalid"),
	invalid("C_6750-3.1-2 unknown key", token.ErrUnknownKey, "The access token is invalid"),
	invalid("C_6750-3.1-2 signature", token.ErrSignature, "The access token is invalid"),
	invalid("C_6750-3.1-2 issuer", token.ErrIssuer, "The access token is invalid"),
	invalid("C_6750-3.1-2 audience", token.ErrAudience, "The access token is invalid"),
	invalid("C_6750-3.1-2 expired", token.ErrExpired, "The access token has expired"),
	invalid("C_6750-3.1-2 not yet valid", token.ErrNotYetValid, "The access token is not yet valid"),
	invalid("C_6750-3.1-2 claim", token.ErrClaim, "The access token is invalid"),
	invalid("C_6750-3.1-2 inactive", token.ErrInactive, "The access token is not active"),
	invalid("C_6750-3.1-2 proof", token.ErrBinding, "Invalid key binding"),
	unproved("C_9449-7.1-2 proof", "invalid_dpop_proof", token.ErrProof, "Invalid DPoP proof"),
	unproved("C_9449-7.1-2 no proof", "invalid_dpop_proof", token.ErrProofMissing, "DPoP proof required"),
	unproved("C_9449-4.3-11 stale proof", "invalid_dpop_proof", token.ErrProofStale, "DPoP proof is not fresh"),
	unproved("C_9449-11.1-1 replay", "invalid_dpop_proof", token.ErrReplay, "DPoP proof already used"),
	unproved("C_9449-4.3-10 nonce", "use_dpop_nonce", token.ErrNonce, "A DPoP nonce is required"),
	invalid("a reason behind a cause", fmt.Errorf("seen: %w", token.ErrExpired), "The access token has expired"),

	short("C_6750-3.1-3 scope", &token.ScopeError{Need: []string{"read", "write"}}, `scope="read write", `, map[string]string{"requiredScope": "read write"}),
	short("C_6750-3.1-3 scope without a list", token.ErrScope, "", nil),
	short("C_6750-3-5 scope with a quote", &token.ScopeError{Need: []string{"read", `wri"te`}}, "", nil),
	short("C_6750-3-5 scope with a backslash", &token.ScopeError{Need: []string{`re\ad`}}, "", nil),
	short("C_6750-3-5 scope with a space", &token.ScopeError{Need: []string{"read admin"}}, "", nil),
	short("C_6750-3-5 scope with a line break", &token.ScopeError{Need: []string{"read\r\nSet-Cookie: a=b"}}, "", nil),
	short("C_6750-3-5 scope and an empty one", &token.ScopeError{Need: []string{"read", ""}}, "", nil),
	short("C_6750-3-5 empty scope", &token.ScopeError{Need: []string{""}}, "", nil),

	shortOf("C_9396-err-1 authorization detail", token.ErrDetail, "The access token lacks a required authorization detail"),
	shortOf("C_9396-err-1 authorization detail, and an error that names scopes", errors.Join(&token.ScopeError{Need: []string{"read"}}, token.ErrDetail), "The access token lacks a required authorization detail"),

	stepUp("C_9470-3-1 acr", &token.StepUpError{ACRValues: []string{"A", "B"}}, `acr_values="A B", `, map[string]string{"acrValues": "A B"}),
	stepUp("C_9470-3-2 max age", &token.StepUpError{MaxAge: 300 * time.Second}, `max_age="300", `, map[string]string{"maxAge": "300"}),
	stepUp("C_9470-3-2 max age of less than a second, which is not now", &token.StepUpError{MaxAge: 500 * time.Millisecond}, `max_age="1", `, map[string]string{"maxAge": "1"}),
	stepUp("C_9470-3-2 max age with a fraction", &token.StepUpError{MaxAge: 2500 * time.Millisecond}, `max_age="2", `, map[string]string{"maxAge": "2"}),
	stepUp("C_9470-3-3 acr, age and scope", &token.StepUpError{ACRValues: []string{"A"}, MaxAge: time.Minute, Need: []string{"read"}}, `scope="read", acr_values="A", max_age="60", `,
		map[string]string{"requiredScope": "read", "acrValues": "A", "maxAge": "60"}),
	stepUp("C_9470-3-1 neither", token.ErrStepUp, "", nil),
	stepUp("C_9470-3-1 acr with a quote", &token.StepUpError{ACRValues: []string{`A"`}}, "", nil),
	stepUp("C_9470-3-2 negative age", &token.StepUpError{MaxAge: -time.Second}, "", nil),

	denied("C_9110-15.5.4-1 denied", token.ErrDenied),
	denied("C_9068-5-1 kind of subject unknown", token.ErrSubjectUnknown),
	denied("C_9110-15.5.4-1 denied for a reason", fmt.Errorf("%w: not the owner of account 7", token.ErrDenied)),

	unavailable("C_7662-2.3-2 introspection endpoint out of reach", token.ErrIntrospectionUnavailable, "INTROSPECTION_UNAVAILABLE"),
	unavailable("C_9449-11.1-2 replay store out of reach", token.ErrReplayStoreUnavailable, "REPLAY_STORE_UNAVAILABLE"),
	unavailable("C_6750-3.1-6 unavailable", token.ErrUnavailable, "UNAVAILABLE"),
	unavailable("C_6750-3.1-6 keys unavailable", token.ErrKeysUnavailable, "KEYS_UNAVAILABLE"),
	unavailable("C_6750-3.1-6 an error of another origin", errors.New("disk full"), "UNAVAILABLE"),
	unavailable("C_6750-3.1-6 settings", token.ErrConfig, "UNAVAILABLE"),
	unavailable("C_6750-3.1-6 a timeout", context.DeadlineExceeded, "UNAVAILABLE"),
	unavailable("C_6750-3.1-6 one judge refuses and one cannot tell", errors.Join(token.ErrIssuer, token.ErrUnavailable), "UNAVAILABLE"),
}
