package otelpostern

// The attributes of metrics and spans.
const (
	// Transport is "http" or "grpc", or "other" for a guard of another module.
	Transport = "postern.transport"
	// Outcome is "ok" or what token.Outcome says.
	Outcome = "postern.outcome"
	// ErrorType is what token.Reason says of a decision, or "call_ended". It is
	// why a key is skipped for postern.jwks.skipped.keys: "malformed", "private",
	// "symmetric", "use", "algorithm", "weak", "unsupported", "limit" or "other".
	ErrorType = "error.type"
	// Verification is how the token of a decision was verified: "verified",
	// "cached" if that was done at an earlier call, or "none" if there is no
	// verified token.
	Verification = "postern.verification"
	// Issuer is the name given to Keys or Watch. It is "other" for all names
	// after the first 64.
	Issuer = "postern.issuer"
	// Result is "ok", "unchanged" or "error".
	Result = "postern.result"
	// Cause is a jwks.Cause, or "other".
	Cause = "postern.cause"
	// HTTPRoute is the path of the pattern that http.ServeMux chose.
	HTTPRoute = "http.route"
	// RPCMethod is the full name of the method over gRPC, without the slash in
	// front.
	RPCMethod = "rpc.method"
	// Reason is what ErrorType is, on the span of the server, which has an
	// error.type of its own.
	Reason = "postern.reason"
	// Rehearsed is the reason for which a rehearsal would have refused the call, on
	// spans.
	Rehearsed = "postern.rehearsed"
	// Policy is the policy of the call, on spans.
	Policy = "postern.policy"
	// Operation is the operation of a scope.Table that was called, on spans.
	Operation = "postern.operation"
)

// The instruments.
const (
	authentications        = "postern.authentications"
	authenticationDuration = "postern.authentication.duration"
	rehearsedRefusals      = "postern.rehearsed.refusals"
	jwksFetches            = "postern.jwks.fetches"
	jwksFetchDuration      = "postern.jwks.fetch.duration"
	jwksRefreshes          = "postern.jwks.refreshes"
	jwksBudgetRefusals     = "postern.jwks.budget.refusals"
	jwksStaleCalls         = "postern.jwks.stale.calls"
	jwksSkippedKeys        = "postern.jwks.skipped.keys"
	jwksKeys               = "postern.jwks.keys"
	jwksAge                = "postern.jwks.age"
	jwksExpiresIn          = "postern.jwks.expires_in"
	jwksUsableFor          = "postern.jwks.usable_for"
)

const other = "other"
