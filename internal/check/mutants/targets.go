package main

// target is a package with the files of it that decide something.
type target struct {
	dir   string
	files []string
	// more are packages whose tests are asked where those of the package
	// itself notice nothing, from the nearest on.
	more []string
}

// targets are all that decides about a call. What is left out reports, prints
// and observes.
var targets = []target{
	{dir: "internal/strict", files: []string{"base64url.go", "json.go"}, more: []string{"token", "jwks"}},
	{dir: "internal/hostname", files: []string{"hostname.go"}, more: []string{"internal/fetch", "jwks"}},
	{dir: "internal/publickey", files: []string{"publickey.go", "jwk.go"}, more: []string{"jwks"}},
	{dir: "internal/fetch", files: []string{
		"address.go", "special.go", "url.go", "client.go", "exchange.go", "status.go", "freshness.go", "validate.go",
		"proxy.go", "tokenfile.go",
	}, more: []string{"jwks"}},
	{dir: "internal/metadata", files: []string{"places.go", "document.go", "find.go", "errors.go"}, more: []string{"jwks"}},
	{dir: "internal/credentials", files: []string{"credentials.go", "evidence.go", "hidden.go"}, more: []string{"middleware", "grpcauth"}},
	{dir: "internal/guard", files: []string{"guard.go", "target.go", "respond.go", "asking.go", "pass.go", "errors.go"}, more: []string{"internal/guard/seams", "middleware", "grpcauth"}},
	{dir: "internal/challenge", files: []string{"table.go", "sentences.go", "bound.go", "writer.go", "scopes.go", "retry.go"}, more: []string{"internal/challenge/answers", "internal/guard/seams", "middleware", "grpcauth"}},
	{dir: "internal/pacing", files: []string{"pacing.go"}, more: []string{"jwks", "token", "token/introspect"}},
	{dir: "internal/contain", files: []string{"contain.go"}, more: []string{"jwks", "token/introspect"}},
	{dir: "internal/signing", files: []string{"signing.go"}, more: []string{"internal/resourcemeta", "middleware", "token/introspect"}},
	{dir: "internal/rejection", files: []string{"sentinel.go", "rejection.go"}, more: []string{"token"}},
	{dir: "internal/jws", files: []string{"compact.go", "header.go", "algorithm.go", "keys.go", "cost.go", "verifier.go", "selfsigned.go", "known.go"}, more: []string{"token", "token/dpop"}},
	{dir: "internal/claims", files: []string{"payload.go", "lists.go", "rules.go", "checks.go", "numericdate.go", "marks.go", "shape.go", "lookup.go", "sources.go", "hints.go", "set.go", "details.go", "implied.go", "circumstances.go", "answer.go", "audience.go"}, more: []string{"token", "token/introspect"}},
	{dir: "token", files: []string{
		"binding.go", "verifier.go", "memory.go", "cache.go", "bucket.go", "issuers.go", "hints.go", "resolver.go", "resolver_config.go", "resolve.go", "template.go", "pattern.go", "identifier.go", "own_keys.go", "known.go", "recent.go", "present.go", "scheme.go", "respond.go", "config.go", "compile.go", "profile.go", "source.go", "relaxed.go", "posture.go", "context.go", "claims.go", "selection.go", "details.go",
		"token.go", "vouched.go", "implications.go", "circumstances.go", "marks.go", "subject.go", "errors.go", "insufficient.go", "static.go", "outcome.go", "explain.go", "router.go", "shape.go", "checks.go", "describe.go",
	}, more: []string{"token/introspect", "middleware", "grpcauth"}},
	{dir: "token/dpop", files: []string{
		"attempt.go", "checker.go", "client.go", "config.go", "demand.go", "memory.go", "nonce.go", "proof.go", "prover.go", "setnx.go", "shard.go", "signing.go", "spent.go", "store.go", "transport.go", "uri.go",
	}, more: []string{"internal/guard/seams"}},
	{dir: "token/introspect", files: []string{
		"answer.go", "ask.go", "assertion.go", "authenticator.go", "compile.go", "credentials.go", "endpoint.go", "explain.go", "flight.go", "gate.go", "outage.go", "room.go",
		"signed.go", "validate.go",
	}, more: []string{"internal/guard/seams"}},
	{dir: "token/mtls", files: []string{"config.go", "header.go", "proxy.go", "certificate.go", "checker.go", "field.go", "clientcert.go", "pem.go", "xfcc.go"}},
	{dir: "internal/expiry", files: []string{"expiry.go"}, more: []string{"middleware", "grpcauth"}},
	{dir: "internal/printable", files: []string{"printable.go"}, more: []string{"token"}},
	{dir: "internal/nilcheck", files: []string{"nilcheck.go"}, more: []string{"token", "middleware", "grpcauth"}},
	{dir: "internal/scopetoken", files: []string{"scopetoken.go"}, more: []string{"scope", "token"}},
	{dir: "internal/resourcemeta", files: []string{"document.go", "sign.go"}, more: []string{"middleware"}},
	{dir: "internal/outbound", files: []string{"origin.go", "transport.go"}, more: []string{"middleware"}},
	{dir: "internal/weburl", files: []string{"weburl.go"}, more: []string{"scope", "middleware"}},
	{dir: "scope", files: []string{"policy.go", "rule.go", "or.go", "judge.go", "finding.go", "remedy.go", "stepup.go", "client.go", "sets.go", "detail.go", "actor.go", "bound.go", "fresh.go", "met.go", "parse.go", "subject.go", "refusal.go", "resource.go", "metadata.go", "needed.go", "tenant.go", "log.go", "sample.go", "traces.go", "rehearsal.go", "text.go", "terms.go", "parts.go", "sound.go", "table.go", "operation.go", "audit.go"}, more: []string{"middleware"}},
	{dir: "jwks", files: []string{
		"parse.go", "jwk.go", "weak.go", "source.go", "thumbprint.go",
		"remote.go", "flight.go", "state.go", "keyset.go", "budget.go", "failure.go", "backoff.go", "retry.go", "reconsider.go",
		"discovery.go", "discovers.go", "origins.go", "validate.go", "snapshot.go", "check.go", "config.go", "traces.go",
	}, more: []string{"token"}},
	{dir: "middleware", files: []string{
		"middleware.go", "pass.go", "from.go", "mux.go", "host.go", "register.go", "present.go", "answer.go", "body.go", "config.go",
		"decision.go", "gate.go", "subprotocol.go", "forward.go",
		"metadata.go", "facts.go", "describe.go", "describe_serve.go", "describe_table.go", "mux_metadata.go",
	}, more: []string{"internal/guard/seams"}},
	{dir: "grpcauth", files: []string{
		"interceptor.go", "context.go", "stream.go", "bounded.go", "run.go", "probe.go", "audit.go", "server.go", "present.go", "answer.go", "config.go",
		"policies.go", "forward.go", "proofs.go", "proofcalls.go", "proofstream.go", "http.go", "trace.go",
	}, more: []string{"internal/guard/seams"}},
	{dir: "grpcauth/protopolicy", files: []string{"policies.go"}},
}

// slow are tests that measure instead of decide. They are left out but for
// the files whose work they measure.
const (
	slow     = "^(TestCacheUnderFlood|TestMemoryOfACall|TestMemoryOfTheCache|TestMemoryOfASet)$"
	measured = "token/cache.go token/bucket.go"
)

// modulePath is what import paths of this module begin with.
const modulePath = "github.com/postern-go/postern/"
