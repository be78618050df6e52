package middleware

import (
	"context"
	"net/http"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Trace observes the decisions of a Middleware, for logs, metrics and audit
// trails. Any func may be nil. They are called concurrently, before the caller
// is answered, and delay the call while they run.
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
	// outcomes of package token. ctx is the request's.
	Refused func(ctx context.Context, call Call, err error)
}

// Call is what a Trace learns of a call. None of it comes from the caller.
type Call struct {
	// Policy is the rule the call was held against.
	Policy scope.Policy
	// Pattern is the route that http.ServeMux chose, or "" if none did so
	// before the decision, or if another router is in use.
	Pattern string
}

func (t *Trace) allowed(r *http.Request, p scope.Policy, verified *token.Token) {
	if t.Allowed == nil {
		return
	}
	ctx := r.Context()
	if verified != nil {
		ctx = token.NewContext(ctx, verified)
	}
	t.Allowed(ctx, Call{Policy: p, Pattern: r.Pattern})
}

func (t *Trace) refused(r *http.Request, p scope.Policy, err error) {
	if t.Refused != nil {
		t.Refused(r.Context(), Call{Policy: p, Pattern: r.Pattern}, err)
	}
}
