package scope

import (
	"context"
	"time"

	"github.com/postern-go/postern/token"
)

// Trace observes the decisions of a guard, for logs, metrics and audit trails.
// Either func may be nil, and a Trace without both costs nothing. Each decision
// is one event: Allowed or Refused, once. Behind Public nothing is decided, and
// no event occurs.
//
// The funcs are called concurrently, before the caller is answered, and delay
// the call while they run. A panic in one of them surfaces in the goroutine of
// the call, like a panic of a handler, and lets no call through.
//
// ctx is the context of the call. It carries the verified token, if there is
// one, for token.FromContext; over gRPC its metadata has no credentials, unless
// the guard keeps them.
type Trace struct {
	// Allowed is called when a call may go through.
	Allowed func(ctx context.Context, d Decision)
	// Refused is called when a call is refused, and over gRPC when a call is
	// ended because its token has expired: that is a second decision about it.
	Refused func(ctx context.Context, d Decision)
}

// Transport is how a call reached a guard.
type Transport string

// The transports.
const (
	HTTP Transport = "http"
	GRPC Transport = "grpc"
)

// Decision is the decision of a guard about one call. Its text does not show
// the token. Policy, Transport, Method, Listed, Remembered, Nested,
// token.Reason of Err and the Route of a listed call have few values and may be
// labels of a metric.
type Decision struct {
	// Policy is the policy of the call: the zero Policy if the program has
	// given it none. Its Operation tells which operation of a Table was called.
	Policy Policy
	// Transport is HTTP or GRPC.
	Transport Transport
	// Route is the pattern that http.ServeMux chose, or "" if it chose none
	// before the decision or another router is in use. Behind a guard of MCP
	// servers (package mcppostern) it is the method and the name of the rule, such as
	// "tools/call list_photos", of a closed set. Over gRPC it is the full
	// name of the method, on one line of printable ASCII and at most 600 bytes
	// long. The caller chose that name unless Listed is set.
	Route string
	// Listed is whether the program has given the call a policy, by Policies of
	// grpcauth, a route of a Mux, Require or Check.
	Listed bool
	// Method is the HTTP method if it is one of RFC 9110 §9.3 or PATCH
	// (RFC 5789), and "other" if not. It is POST over gRPC.
	Method string
	// Err is nil if the call may go through. Otherwise it matches exactly one
	// of the outcomes of package token, and its text describes the fault
	// without showing the token, on one line; token.Reason gives a short label.
	//
	// It matches the error of the call's context too, such as context.Canceled,
	// if the call ended before its token could be verified. Such an error
	// matches token.ErrUnavailable, and is not a sign of an outage: leave it
	// out of alerts.
	Err error
	// Rehearsed is the error with which a rehearsal would have refused a call that
	// went through, or nil; see Policy.Rehearsed and the Rehearsal of a guard's
	// Config. Err is nil then, and the Trace's Allowed is called.
	Rehearsed error
	// Token is the verified token, or nil. Beside an Err it was good but not good
	// enough (ErrScope, ErrDenied, ErrStepUp), or has expired during the call.
	Token *token.Token
	// Remembered is whether the signature of the token was not verified again,
	// since that was done at an earlier call; see token.Token.Remembered.
	Remembered bool
	// Duration is how long the decision took, by the monotonic clock, waiting
	// for keys included. It is zero if the call ended because its token expired.
	Duration time.Duration
	// Nested is whether a guard further out has let this call through and told
	// its Trace. Count calls by the decisions that are not nested.
	Nested bool
}
