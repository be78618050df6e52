package bench_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench"
)

// BenchmarkVerify is the comparison: the same token, in the same process, with
// one goroutine. The peers named floor are what nobody can go below.
func BenchmarkVerify(b *testing.B) {
	for _, size := range sizes {
		for _, alg := range bench.Algorithms {
			raw := issuers[alg]().Token(size)
			b.Run(name(alg, size, "floor-signature"), loop(issuers[alg]().Signature(raw)))
			b.Run(name(alg, size, "floor-lookup"), loop(bench.LookUp(raw)))
			for _, peer := range bench.Peers {
				b.Run(name(alg, size, peer.Name), loop(check(verifier(b, peer, issuers[alg]()), raw)))
			}
		}
	}
}

// BenchmarkVerifyParallel keeps all processors busy. Compare -cpu 1 and 2.
func BenchmarkVerifyParallel(b *testing.B) {
	for _, alg := range bench.Algorithms {
		raw := issuers[alg]().Token(900)
		b.Run(name(alg, 900, "floor-signature"), parallel(issuers[alg]().Signature(raw)))
		b.Run(name(alg, 900, "floor-lookup"), parallel(bench.LookUp(raw)))
		for _, peer := range bench.Peers {
			b.Run(name(alg, 900, peer.Name), parallel(check(verifier(b, peer, issuers[alg]()), raw)))
		}
	}
}

func name(alg string, size int, peer string) string {
	return fmt.Sprintf("alg=%s/size=%d/peer=%s", alg, size, peer)
}

func check(verify bench.Verify, raw string) func() bool {
	return func() bool { return verify(raw) == nil }
}

func loop(ok func() bool) func(*testing.B) {
	return func(b *testing.B) {
		require.True(b, ok()) // what only the first call does is not measured
		b.ReportAllocs()
		before := cpuTime()
		for b.Loop() {
			if !ok() {
				b.Fatal("refused")
			}
		}
		b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
	}
}

func parallel(ok func() bool) func(*testing.B) {
	return func(b *testing.B) {
		require.True(b, ok())
		b.ReportAllocs()
		before := cpuTime()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if !ok() {
					b.Error("refused")
					return
				}
			}
		})
		b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
	}
}
