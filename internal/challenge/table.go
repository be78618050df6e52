package challenge

import (
	"errors"
	"net/http"
	"strings"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Answer is what a caller whose call is refused is told, over either transport.
type Answer struct {
	Status     int      // HTTP status code
	Challenges []string // values of WWW-Authenticate; not to be modified
	RetryAfter int      // seconds after which to try again, up to an hour; 0: no word of that

	Code     uint32            // gRPC status code
	Message  string            // the fixed sentence, for the gRPC status
	Reason   string            // google.rpc.ErrorInfo.reason
	Domain   string            // google.rpc.ErrorInfo.domain
	Metadata map[string]string // google.rpc.ErrorInfo.metadata
}

// The gRPC status codes that answers use (google.rpc.Code). This package must
// not link grpc, since the HTTP middleware links this package.
const (
	permissionDenied uint32 = 7
	unavailable      uint32 = 14
	unauthenticated  uint32 = 16
)

// The sentences for callers.
const (
	textMissing     = "An access token is required"
	textMalformed   = "Malformed credentials"
	textMultiple    = "More than one access token was presented"
	textInvalid     = "The access token is invalid"
	textBadToken    = "The access token is malformed"
	textExpired     = "The access token has expired"
	textNotYetValid = "The access token is not yet valid"
	textInactive    = "The access token is not active"
	textBinding     = "Invalid key binding"
	textScope       = "The access token lacks a required scope"
	textStepUp      = "A different or more recent authentication is required"
	textDenied      = "Access denied"
	textUnavailable = "The access token cannot be checked at the moment"
)

// Table answers errors under one configuration. It is immutable.
type Table struct {
	writer  writer
	domain  string
	missing Answer
	denied  Answer
	request map[string]Answer // by sentence
	invalid map[string]Answer // by sentence
}

// New prepares the table for a resource server, whose settings must be valid.
func New(r scope.Resource) *Table {
	t := &Table{writer: newWriter(r), domain: domain(r), request: map[string]Answer{}, invalid: map[string]Answer{}}
	t.missing = Answer{
		Status: http.StatusUnauthorized, Challenges: t.writer.plain(),
		Code: unauthenticated, Message: textMissing, Reason: "CREDENTIALS_MISSING",
	}
	t.denied = Answer{Status: http.StatusForbidden, Code: permissionDenied, Message: textDenied, Reason: "ACCESS_DENIED"}
	for _, text := range []string{textMalformed, textMultiple} {
		t.request[text] = Answer{
			Status: http.StatusBadRequest, Challenges: t.writer.failed("invalid_request", text),
			Code: unauthenticated, Message: text, Reason: "INVALID_REQUEST",
		}
	}
	for _, text := range []string{textInvalid, textBadToken, textExpired, textNotYetValid, textInactive, textBinding} {
		t.invalid[text] = Answer{
			Status: http.StatusUnauthorized, Challenges: t.writer.failed("invalid_token", text),
			Code: unauthenticated, Message: text, Reason: "INVALID_TOKEN",
		}
	}
	return t
}

// Answer is the row for err, which must not be nil. An error that matches no
// outcome is no verdict on the token, and is answered like ErrUnavailable. One
// that matches ErrUnavailable among others is none either.
func (t *Table) Answer(err error) Answer {
	answer := t.row(err)
	answer.Domain = t.domain
	return answer
}

func (t *Table) row(err error) Answer {
	switch {
	case errors.Is(err, token.ErrUnavailable):
		return unjudged(err)
	case errors.Is(err, token.ErrMissing):
		return t.missing
	case errors.Is(err, token.ErrRequest):
		return t.request[requestText(err)]
	case errors.Is(err, token.ErrInvalid):
		return t.invalid[invalidText(err)]
	case errors.Is(err, token.ErrScope):
		return t.scope(err)
	case errors.Is(err, token.ErrStepUp):
		return t.stepUp(err)
	case errors.Is(err, token.ErrDenied):
		return t.denied
	default:
		return unjudged(err)
	}
}

func unjudged(err error) Answer {
	return Answer{
		Status: http.StatusServiceUnavailable, RetryAfter: retryAfter(err),
		Code: unavailable, Message: textUnavailable, Reason: unjudgedReason(err),
	}
}

// unjudgedReason names what is out of reach, and nothing else that err matches.
func unjudgedReason(err error) string {
	reason := strings.ToUpper(token.Reason(err))
	if !strings.HasSuffix(reason, "UNAVAILABLE") {
		return "UNAVAILABLE"
	}
	return reason
}

func (t *Table) scope(err error) Answer {
	var e *token.ScopeError
	need := ""
	if errors.As(err, &e) {
		need = scopeValue(e.Need)
	}
	answer := Answer{
		Status: http.StatusForbidden, Code: permissionDenied, Message: textScope, Reason: "INSUFFICIENT_SCOPE",
		Challenges: t.writer.failed("insufficient_scope", textScope, param{"scope", need}),
	}
	if need != "" {
		answer.Metadata = map[string]string{"requiredScope": need}
	}
	return answer
}

func (t *Table) stepUp(err error) Answer {
	var e *token.StepUpError
	params := []param{}
	if errors.As(err, &e) {
		params = []param{{"scope", scopeValue(e.Need)}, {"acr_values", scopeValue(e.ACRValues)}, {"max_age", seconds(e.MaxAge)}}
	}
	return Answer{
		Status: http.StatusUnauthorized, Code: unauthenticated, Message: textStepUp, Reason: "INSUFFICIENT_USER_AUTHENTICATION",
		Challenges: t.writer.failed("insufficient_user_authentication", textStepUp, params...),
	}
}

func requestText(err error) string {
	if errors.Is(err, credentials.ErrMultiple) {
		return textMultiple
	}
	return textMalformed
}

func invalidText(err error) string {
	switch {
	case errors.Is(err, token.ErrMalformed):
		return textBadToken
	case errors.Is(err, token.ErrExpired):
		return textExpired
	case errors.Is(err, token.ErrNotYetValid):
		return textNotYetValid
	case errors.Is(err, token.ErrInactive):
		return textInactive
	case errors.Is(err, token.ErrProof):
		return textBinding
	default:
		return textInvalid
	}
}
