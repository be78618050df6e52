package grpcauth

import (
	"context"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Trace observes the decisions of an Interceptor, for logs, metrics and audit
// trails. Any func may be nil. They are called concurrently, before the caller
// is answered, and delay the call while they run.
//
// A Trace receives no token. Errors say what was wrong with a token without
// showing it, in text that is fit for a log line; token.Reason gives a short
// label for a metric. The metadata in the contexts has no credentials, unless
// Config.KeepCredentials is set.
type Trace struct {
	// Allowed is called when a call may go through. ctx is the handler's and
	// carries the verified token, if there is one, for token.FromContext. It
	// is not called behind scope.Public, where nothing is decided.
	Allowed func(ctx context.Context, call Call)

	// Refused is called when a call is refused, and when a stream is ended
	// because its token has expired. err matches exactly one of the outcomes
	// of package token.
	Refused func(ctx context.Context, call Call, err error)
}

// Call is what a Trace learns of a call.
type Call struct {
	// Policy is the rule the call was held against: the zero Policy if the
	// method is not listed.
	Policy scope.Policy
	// Method is the full name of the method. The caller chose it, so it can
	// be anything if the method is not listed.
	Method string
}

func (t *Trace) decided(ctx context.Context, call Call, err error) {
	switch {
	case err != nil && t.Refused != nil:
		t.Refused(ctx, call, err)
	case err == nil && t.Allowed != nil:
		t.Allowed(ctx, call)
	}
}

// expired reports that a stream has outlived its token.
func (t *Trace) expired(ctx context.Context, call Call) { t.decided(ctx, call, token.ErrExpired) }
