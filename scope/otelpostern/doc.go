// Package otelpostern counts and times the decisions of postern's guards, and
// the fetches of their keys, with OpenTelemetry.
//
// [New] makes the instruments. [Instruments.Trace] goes into the Config of
// package middleware or grpcauth, [Instruments.Keys] into a jwks.RemoteConfig,
// and [Instruments.Watch] gets the Remote made from that:
//
//	m, err := otelpostern.New(nil)
//	...
//	keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer, Trace: m.Keys("login")})
//	...
//	m.Watch("login", keys)
//	auth := middleware.New(verifier, &middleware.Config{Trace: m.Trace()})
//
// A guard takes one Trace: scope.Traces joins this one with a log.
//
// # Metrics
//
//	postern.authentications          counter, {decision}: transport, outcome, error.type
//	postern.authentication.duration  histogram, s: transport, outcome, verification
//	postern.rehearsed.refusals       counter, {call}: transport, outcome, error.type
//	postern.jwks.fetches             counter, {fetch}: issuer, result
//	postern.jwks.fetch.duration      histogram, s: issuer, result
//	postern.jwks.refreshes           counter, {refresh}: issuer, cause, result
//	postern.jwks.budget.refusals     counter, {call}: issuer
//	postern.jwks.stale.calls         counter, {call}: issuer
//	postern.jwks.skipped.keys        counter, {key}: issuer, error.type
//	postern.jwks.keys                gauge, {key}: issuer
//	postern.jwks.age                 gauge, s: issuer
//	postern.jwks.expires_in          gauge, s: issuer
//	postern.jwks.usable_for          gauge, s: issuer
//
// The attributes, apart from error.type, have the prefix postern. Their values
// are closed sets: nothing that a caller sends can make a series. See the
// constants of this package. Every series of a counter is there from the start,
// with the value 0.
//
// # Decisions
//
// Each decision counts once, with two exceptions. A call that two guards let
// through, one behind the other, counts once; see scope.Decision.Nested. A call
// over gRPC that is ended since its token has expired counts again, as refused
// with the reason expired, and is not timed again.
//
// The outcome is "ok" or that of token.Outcome, and error.type is token.Reason.
// If the call ended before there was a verdict, error.type is "call_ended", and
// the outcome unavailable: leave those out of alerts.
//
// A call that a rehearsal would have refused counts as it was decided, and in
// postern.rehearsed.refusals.
//
// # Spans
//
// A span for each decision would cost more than the decision. The span that the
// server has begun for the call gets the attributes postern.outcome,
// postern.reason and postern.policy, the last two if the call is refused,
// postern.rehearsed if a rehearsal would have refused it, and postern.operation
// if its policy comes from a scope.Table. A decision that waited for something also gets a span of its own,
// "postern.authenticate": see [Config.SpanOver]. Its status is Error only if
// there was no verdict for want of something that the service needs. A refusal
// is no fault of the service.
//
// To see the requests for keys, give jwks.RemoteConfig an HTTPClient with a
// transport that makes spans.
package otelpostern
