package middleware

import (
	"context"
	"net/http"

	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Trace observes the decisions of a Middleware, for logs, metrics and audit
// trails. Any func may be nil. Each decision is one event, of Allowed or of
// Refused. They are called concurrently, before the caller is answered, and
// delay the call while they run. A panic in one of them surfaces in the
// goroutine of the call, like a panic of a handler; the handler is not called.
//
// A Trace receives neither request nor token. Errors say what was wrong with a
// token without showing it, in text that is fit for a log line; token.Reason
// gives a short label for a metric.
type Trace struct {
	// Allowed is called when a call may go through. ctx is the request's and
	// carries the verified token, if there is one, for token.FromContext. It
	// is not called behind scope.Public, where nothing is decided.
	Allowed func(ctx context.Context, call Call)

	// Refused is called when a call is refused. err matches exactly one of the
	// outcomes of package token. ctx is the request's. It carries the verified
	// token if that was good and not good enough (ErrScope, ErrDenied,
	// ErrStepUp), for token.FromContext, and none if it was no good.
	//
	// An error that matches context.Canceled says that the caller hung up
	// while its token was being judged. It matches token.ErrUnavailable, and is
	// no sign of an outage: leave it out of alerts.
	Refused func(ctx context.Context, call Call, err error)
}

// Call is what a Trace learns of a call. None of it is text that the caller
// chose, so each field may be the label of a metric.
type Call struct {
	// Policy is the rule the call was held against: the zero Policy if the
	// route is not registered.
	Policy scope.Policy
	// Pattern is the route that http.ServeMux chose, or "" if none did so
	// before the decision, or if another router is in use.
	Pattern string
	// Method is the HTTP method if it is one of RFC 9110 §9.3 or PATCH
	// (RFC 5789), and "other" if not.
	Method string
	// Listed is whether the program has given the call a policy, by a route of
	// a Mux, by Require or by Check. It is false for what a Mux does not hold.
	Listed bool
	// Nested is whether a guard further out has let this call through and told
	// its Trace: count calls by the events that are not nested.
	Nested bool
}

// decided reports a decision. verified is the token, or nil.
func (t *Trace) decided(r *http.Request, p scope.Policy, verified *token.Token, err error) {
	switch {
	case err != nil && t.Refused != nil:
		t.Refused(withToken(r.Context(), verified), callOf(r, p), err)
	case err == nil && t.Allowed != nil:
		t.Allowed(withToken(r.Context(), verified), callOf(r, p))
	}
}

func callOf(r *http.Request, p scope.Policy) Call {
	return Call{Policy: p, Pattern: r.Pattern, Method: known(r.Method), Listed: !p.IsZero(), Nested: guard.PassOf(r.Context()).Reported}
}

// known is method if it is in wide use. Callers may send any other word.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return "other"
	}
}
