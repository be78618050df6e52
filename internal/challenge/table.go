package challenge

import (
	"errors"
	"net/http"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Answer is the response to a refused call, over either transport.
type Answer struct {
	Status     int      // HTTP status code
	Challenges []string // values of WWW-Authenticate; not to be modified
	RetryAfter int      // seconds after which to try again, up to an hour; 0: no word of that

	Code     uint32            // gRPC status code
	Message  string            // the fixed sentence, for the gRPC status
	Reason   string            // google.rpc.ErrorInfo.reason
	Domain   string            // google.rpc.ErrorInfo.domain
	Metadata map[string]string // google.rpc.ErrorInfo.metadata
	Own      bool              // the sentence is that of a token.Challenger
}

// The gRPC status codes that answers use (google.rpc.Code). This package must
// not link grpc, since the HTTP middleware links this package.
const (
	permissionDenied uint32 = 7
	unavailable      uint32 = 14
	unauthenticated  uint32 = 16
)

// Table answers errors under one configuration. It is immutable.
type Table struct {
	writer  writer
	domain  string
	missing Answer
	denied  Answer
	fixed   map[sentence]Answer
	repeats bool   // scope.Resource.RepeatGranted
	bound   *Table // for calls that take bound tokens alone
}

// sentence is one of the fixed sentences, for callers that used a scheme. The
// scheme is "" if it is not known.
type sentence struct{ used, text string }

// New prepares the table for a resource server and the schemes of its
// Authenticator. The server's settings must be valid.
func New(r scope.Resource, schemes []token.Scheme) *Table {
	t := newTable(r, schemes)
	t.bound = t
	if bound := ofBound(schemes); bound != nil {
		t.bound = newTable(r, bound)
	}
	return t
}

func newTable(r scope.Resource, schemes []token.Scheme) *Table {
	t := &Table{writer: newWriter(r, schemes), domain: domain(r), fixed: map[sentence]Answer{}, repeats: r.RepeatGranted}
	t.missing = Answer{
		Status: http.StatusUnauthorized, Challenges: t.writer.plain(),
		Code: unauthenticated, Message: textMissing, Reason: "CREDENTIALS_MISSING",
	}
	t.denied = Answer{Status: http.StatusForbidden, Code: permissionDenied, Message: textDenied, Reason: "ACCESS_DENIED"}
	used := []string{""}
	for _, s := range schemes {
		used = append(used, s.Name)
	}
	for _, used := range used {
		for _, text := range []string{textMalformed, textMultiple} {
			t.fixed[sentence{used, text}] = t.refused(http.StatusBadRequest, used, "invalid_request", text)
		}
		for _, text := range []string{textInvalid, textBadToken, textExpired, textNotYetValid, textInactive, textBinding} {
			t.fixed[sentence{used, text}] = t.refused(http.StatusUnauthorized, used, "invalid_token", text)
		}
		for _, text := range []string{textProof, textNoProof, textStaleProof, textReplay} {
			t.fixed[sentence{used, text}] = t.refused(http.StatusUnauthorized, used, "invalid_dpop_proof", text)
		}
		t.fixed[sentence{used, textNonce}] = t.refused(http.StatusUnauthorized, used, "use_dpop_nonce", textNonce)
		t.fixed[sentence{used, textDetail}] = t.short(used, textDetail)
	}
	return t
}

// refused is the answer to bad credentials. Over gRPC the reason is the error
// code of the challenge.
func (t *Table) refused(status int, used, code, text string) Answer {
	return Answer{
		Status: status, Challenges: t.writer.failed(used, code, text),
		Code: unauthenticated, Message: text, Reason: strings.ToUpper(code),
	}
}

// Answer is the row for err, which must not be nil, to a caller who used the
// scheme, or "" if none of the schemes or not one alone. An error that matches
// no outcome says nothing about the token, and is answered like ErrUnavailable.
// So is one that matches ErrUnavailable among others.
//
// asked are the scopes that challenges name if the token is missing or invalid.
func (t *Table) Answer(err error, used string, asked ...string) Answer {
	answer := t.row(err, used, asked)
	answer.Domain = t.domain
	return answer
}

func (t *Table) row(err error, used string, asked []string) Answer {
	switch {
	case errors.Is(err, token.ErrUnavailable):
		return unjudged(err)
	case errors.Is(err, token.ErrMissing):
		return t.asking(t.missing, asked)
	case errors.Is(err, token.ErrRequest):
		return t.fixed[sentence{used, requestText(err)}]
	case errors.Is(err, token.ErrInvalid):
		return t.asking(t.invalid(err, used), asked)
	case errors.Is(err, token.ErrDetail):
		return t.fixed[sentence{used, textDetail}]
	case errors.Is(err, token.ErrScope):
		return t.scope(err, used)
	case errors.Is(err, token.ErrStepUp):
		return t.stepUp(err, used)
	case errors.Is(err, token.ErrDenied):
		return t.denied
	default:
		return unjudged(err)
	}
}

// invalid is the answer to an invalid token, or to a fault in something sent
// with it.
func (t *Table) invalid(err error, used string) Answer {
	var own token.Challenger
	if errors.As(err, &own) {
		if code, text := own.Challenge(); isCode(code) && isDescription(text) {
			answer := t.refused(http.StatusUnauthorized, used, code, text)
			answer.Own = true
			return answer
		}
	}
	return t.fixed[sentence{used, invalidText(err)}]
}

// isCode reports whether code can be that of a token.Challenger: one that goes
// with 401, and the name of a constant in upper case.
func isCode(code string) bool {
	const longest = 63
	switch code {
	case "", "invalid_request", "insufficient_scope", "insufficient_user_authentication":
		return false
	}
	other := func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	return len(code) <= longest && !strings.ContainsFunc(code, other)
}

func isDescription(text string) bool {
	const longest = 200
	return text != "" && len(text) <= longest && printable.Is(text) && !strings.ContainsAny(text, `"\`)
}

func unjudged(err error) Answer {
	return Answer{
		Status: http.StatusServiceUnavailable, RetryAfter: retryAfter(err),
		Code: unavailable, Message: textUnavailable, Reason: unjudgedReason(err),
	}
}

// unjudgedReason names the thing out of reach, and nothing else that err matches.
func unjudgedReason(err error) string {
	reason := strings.ToUpper(token.Reason(err))
	if !strings.HasSuffix(reason, "UNAVAILABLE") {
		return "UNAVAILABLE"
	}
	return reason
}

// asking is an answer whose challenges name scopes, in every line.
func (t *Table) asking(a Answer, scopes []string) Answer {
	if value := scopeValue(scopes); value != "" {
		a.Challenges = t.writer.with(a.Challenges, param{"scope", value})
	}
	return a
}

func (t *Table) scope(err error, used string) Answer {
	var e *token.ScopeError
	if !errors.As(err, &e) {
		e = &token.ScopeError{}
	}
	need := scopeValue(e.Need)
	answer := t.short(used, textScope, param{"scope", t.named(need, e.Token)})
	answer.Metadata = withValues(param{"requiredScope", need})
	return answer
}

// named are the scopes that a challenge names to a caller with this token, or nil,
// that lacks those needed.
func (t *Table) named(need string, lacking *token.Token) string {
	if !t.repeats || need == "" {
		return need
	}
	return withGranted(need, lacking.Scopes())
}

// short is the answer to a good token that lacks something which its client can
// ask for. No error code exists for a lack of authorization details (RFC 9396):
// this one says what is true, and without a scope does not send clients for one.
func (t *Table) short(used, text string, params ...param) Answer {
	return Answer{
		Status: http.StatusForbidden, Code: permissionDenied, Message: text, Reason: "INSUFFICIENT_SCOPE",
		Challenges: t.writer.failed(used, "insufficient_scope", text, params...),
	}
}

func (t *Table) stepUp(err error, used string) Answer {
	var e *token.StepUpError
	if !errors.As(err, &e) {
		e = &token.StepUpError{}
	}
	need, acr, age := scopeValue(e.Need), listValue(e.ACRValues), seconds(e.MaxAge)
	return Answer{
		Status: http.StatusUnauthorized, Code: unauthenticated, Message: textStepUp, Reason: "INSUFFICIENT_USER_AUTHENTICATION",
		Challenges: t.writer.failed(used, "insufficient_user_authentication", textStepUp, param{"scope", t.named(need, e.Token)}, param{"acr_values", acr}, param{"max_age", age}),
		Metadata:   withValues(param{"requiredScope", need}, param{"acrValues", acr}, param{"maxAge", age}),
	}
}

// withValues are those that have a value, or nil.
func withValues(params ...param) (metadata map[string]string) {
	for _, p := range params {
		if p.value == "" {
			continue
		}
		if metadata == nil {
			metadata = map[string]string{}
		}
		metadata[p.name] = p.value
	}
	return metadata
}
