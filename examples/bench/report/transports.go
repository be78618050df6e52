package main

import (
	"fmt"
	"strings"

	"github.com/postern-go/postern/examples/bench/internal/results"
)

// params name one benchmark among those of one name, as in "state=warm/what=mux".
func params(text string) map[string]string {
	m := map[string]string{}
	for part := range strings.SplitSeq(text, "/") {
		key, value, _ := strings.Cut(part, "=")
		m[key] = value
	}
	return m
}

func (t tables) of(benchmark, name string) []float64 {
	return t.set.Of(benchmark, t.unit, params(name))
}

// allocs is how many allocations one benchmark makes more than another, if
// that is given.
func (t tables) allocs(benchmark, name, base string) float64 {
	count := func(name string) float64 { return results.Median(t.set.Of(benchmark, "allocs/op", params(name))) }
	if base == "" {
		return count(name)
	}
	return count(name) - count(base)
}

// transports are the costs around verification.
func (t tables) transports(b *strings.Builder) {
	t.added(b)
	t.calls(b)
	t.refusals(b)
	t.checks(b)
}

// added is what each transport adds to a token that is remembered.
func (t tables) added(b *strings.Builder) {
	b.WriteString("\n### What a transport adds to the verifier (RS256, 900 B)\n\n| | added | allocations |\n|---|--:|--:|\n")
	for _, row := range []struct{ label, benchmark, name, base string }{
		{"`Middleware.Require`, token remembered", "BenchmarkHTTP", "state=warm/what=middleware", "state=warm/what=verifier"},
		{"`Mux`, token remembered (routing included)", "BenchmarkHTTP", "state=warm/what=mux", "state=warm/what=verifier"},
		{"`http.ServeMux` alone, for comparison", "BenchmarkHTTP", "state=none/what=mux", "state=none/what=handler"},
		{"`Interceptor.Unary`, token remembered", "BenchmarkInterceptor", "call=good", "call=verifier"},
	} {
		added := results.Difference(t.of(row.benchmark, row.name), t.of(row.benchmark, row.base))
		fmt.Fprintf(b, "| %s | %s | %.0f |\n", row.label, micros(added), t.allocs(row.benchmark, row.name, row.base))
	}
}

// calls are whole gRPC calls, in terms of the same call without a guard.
func (t tables) calls(b *strings.Builder) {
	b.WriteString("\n### gRPC calls over bufconn, in terms of the same call without a guard\n\n" +
		"| | token remembered | the same on workers | not remembered | stream that outlives its token |\n|---|--:|--:|--:|--:|\n")
	for _, kind := range []struct{ label, name string }{
		{"unary call", "unary"}, {"stream opened for one message each way", "stream"}, {"message each way on an open stream", "message"},
	} {
		ratio := func(server, base string) float64 {
			return results.Ratio(t.of("BenchmarkGRPC", "kind="+kind.name+"/server="+server), t.of("BenchmarkGRPC", "kind="+kind.name+"/server="+base))
		}
		fmt.Fprintf(b, "| %s | %.2f | %.2f | %.2f | %.2f |\n", kind.label, ratio("guarded", "unguarded"),
			ratio("workers-guarded", "workers-unguarded"), ratio("cold", "unguarded"), ratio("outliving", "unguarded"))
	}
}

func (t tables) refusals(b *strings.Builder) {
	b.WriteString("\n### Refusals (RS256, 900 B)\n\n| | verifier | allocations | whole HTTP answer | allocations |\n|---|--:|--:|--:|--:|\n")
	for _, row := range []struct{ label, why string }{
		{"no token", "missing"}, {"not a token", "malformed"}, {"`alg` not allowed", "alg"}, {"another issuer", "issuer"},
		{"unknown `kid`, the key engine having answered", "kid"},
		{"bad signature", "signature"}, {"expired", "expired"}, {"another audience", "audience"}, {"scope missing", "scope"},
	} {
		verifier, middleware := "why="+row.why+"/what=verifier", "why="+row.why+"/what=middleware"
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.0f |\n", row.label,
			micros(results.Median(t.of("BenchmarkRefuse", verifier))), orDash(t.allocs("BenchmarkRefuse", verifier, "")),
			micros(results.Median(t.of("BenchmarkRefuse", middleware))), t.allocs("BenchmarkRefuse", middleware, ""))
	}
}

func (t tables) checks(b *strings.Builder) {
	b.WriteString("\n### What comes after verification\n\n| | cost | allocations |\n|---|--:|--:|\n")
	for _, row := range []struct{ label, name string }{
		{"`scope.Authenticated`", "policy=authenticated"}, {"`scope.All` of one scope", "policy=all"},
		{"`scope.Any` of two", "policy=any"}, {"`scope.All` of two and `scope.User`", "policy=all-and-user"},
		{"`scope.Claims`", "policy=claims"}, {"`token.ClaimsOf`", "what=ClaimsOf"},
	} {
		fmt.Fprintf(b, "| %s | %s | %.0f |\n", row.label, micros(results.Median(t.of("BenchmarkClaims", row.name))), t.allocs("BenchmarkClaims", row.name, ""))
	}
}

// micros is a time in microseconds, or a dash for what was not measured.
func micros(ns float64) string {
	if ns != ns {
		return "–"
	}
	return fmt.Sprintf("%.2f µs", ns/1000)
}

func orDash(n float64) string {
	if n != n {
		return "–"
	}
	return fmt.Sprintf("%.0f", n)
}
