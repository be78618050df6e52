package grpcauth

import (
	"context"

	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Trace observes the decisions of an Interceptor, for logs, metrics and audit
// trails. Any func may be nil. They are called concurrently, before the caller
// is answered, and delay the call while they run. A panic in Allowed or Refused
// comes up in the goroutine of the call like one of the handler, and lets no
// call through.
//
// A Trace receives no token as text. Errors say what was wrong with a token
// without showing it, in text that is fit for a log line; token.Reason gives a
// short label for a metric. The metadata in the contexts has no credentials,
// unless Config.KeepCredentials is set.
//
// Each decision is one event: Allowed or Refused, once. A stream that is ended
// because its token has expired is a second decision about its call.
type Trace struct {
	// Allowed is called when a call may go through. ctx is the handler's and
	// carries the verified token, if there is one, for token.FromContext. It
	// is not called behind scope.Public, where nothing is decided.
	Allowed func(ctx context.Context, call Call)

	// Refused is called when a call is refused, and when a stream is ended
	// because its token has expired. ctx carries the verified token if the
	// token was good: too few scopes, a rule that refused, step-up, an expired
	// stream. err matches exactly one of the outcomes of package token. It
	// matches context.Canceled or context.DeadlineExceeded too if the call
	// itself ended before its token could be judged, which is no outage.
	Refused func(ctx context.Context, call Call, err error)

	// Panicked is called when the handler of a stream panics after the caller
	// has been told that the token has expired: then the interceptors in front
	// of the guard have returned, and none of them can recover it. err has the
	// value and the stack, over many lines; it matches what the value matches
	// if that is an error. Nil drops the panic. Interceptors behind the guard
	// recover every panic of a handler, as always.
	Panicked func(ctx context.Context, call Call, err error)
}

// Call is what a Trace learns of a call.
type Call struct {
	// Policy is the rule the call was held against: the zero Policy if the
	// method is not listed.
	Policy scope.Policy
	// Method is the full name of the method. If it is not listed, the caller
	// chose it: it is one line of printable ASCII then and at most 600 bytes
	// long, but can be anything else. Do not make it a label of a metric
	// without looking at Listed.
	Method string
	// Listed tells that the method has a policy.
	Listed bool
	// Nested tells that a guard of this module further out has let this call
	// through and told its Trace. Count calls by the events that are not nested.
	Nested bool
}

// call is what a Trace learns of a call of the method. ctx is that of the call,
// as it was before this guard.
func (i *Interceptor) call(ctx context.Context, method string) Call {
	policy, listed := i.policies[method]
	return Call{Policy: policy, Method: printable.Line(method), Listed: listed, Nested: guard.PassOf(ctx).Reported}
}

// expired reports that a call has outlived its token.
func (t *Trace) expired(ctx context.Context, call Call) {
	if t.Refused != nil {
		t.Refused(ctx, call, token.ErrExpired)
	}
}

// afterwards reports a panic behind an answer. The hook runs where nothing is
// left that could recover a panic of its own.
func (t *Trace) afterwards(ctx context.Context, call Call, p *panicked) {
	if t.Panicked == nil {
		return
	}
	defer func() { _ = recover() }()
	t.Panicked(ctx, call, p)
}
