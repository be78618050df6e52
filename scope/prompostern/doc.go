// Package prompostern counts and times the decisions of postern's guards, and
// the fetches of their keys, for Prometheus. It needs client_golang, and
// registers nothing by itself.
//
// [New] makes a collector. [Collector.Trace] goes into the Config of package
// middleware or grpcauth, [Collector.Keys] into a jwks.RemoteConfig, and
// [Collector.Watch] gets the Remote made from that:
//
//	m := prompostern.New()
//	registry.MustRegister(m)
//	keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer, Trace: m.Keys("login")})
//	...
//	m.Watch("login", keys)
//	auth := middleware.New(verifier, &middleware.Config{Trace: m.Trace()})
//
// A guard takes one Trace: scope.Traces joins this one with a log.
//
// # Metrics
//
//	postern_authentications_total{transport,outcome,reason}
//	postern_authentication_duration_seconds{transport,outcome,verification}, a histogram
//	postern_rehearsed_refusals_total{transport,outcome,reason}
//	postern_jwks_fetches_total{issuer,result}
//	postern_jwks_fetch_duration_seconds{issuer,result}, a histogram
//	postern_jwks_refreshes_total{issuer,cause,result}
//	postern_jwks_budget_refusals_total{issuer}
//	postern_jwks_stale_calls_total{issuer}
//	postern_jwks_skipped_keys_total{issuer,reason}
//	postern_jwks_keys{issuer}
//	postern_jwks_last_success_timestamp_seconds{issuer}
//	postern_jwks_expiry_timestamp_seconds{issuer}
//	postern_jwks_usable_until_timestamp_seconds{issuer}
//	postern_build_info{version,goversion}
//
// The values of the labels are closed sets: nothing that a caller sends can make
// a series. Every series of a counter is there from the start, with the value 0.
//
//   - transport is "http" or "grpc", or "other" for a guard of another module.
//   - outcome is "ok" or what token.Outcome says.
//   - reason is what token.Reason says of a decision, "" for an allowed call, or
//     "call_ended". For skipped keys it is "malformed", "private", "symmetric",
//     "use", "algorithm", "weak", "unsupported", "limit" or "other".
//   - verification is "verified", "cached" if the token was verified at an
//     earlier call, or "none" if there is no verified token.
//   - issuer is the name given to Keys or Watch, and "other" for all names after
//     the first 64.
//   - result is "ok", "unchanged" or "error".
//   - cause is a jwks.Cause, or "other".
//
// # Decisions
//
// Each decision counts once, with two exceptions. A call that two guards let
// through, one behind the other, counts once; see scope.Decision.Nested. A call
// over gRPC that is ended since its token has expired counts again, as refused
// with the reason expired, and is not timed again.
//
// If the call ended before there was a verdict, the outcome is "unavailable" and
// the reason "call_ended": leave those out of alerts.
//
// A call that a rehearsal would have refused counts as it was decided, and in
// postern_rehearsed_refusals_total.
//
// docs/operators.md has alerts.
package prompostern
