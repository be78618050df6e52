package bench_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench"
)

// tokens are the same for all peers, and made when first asked for.
var tokens = func() map[string]func() string {
	made := map[string]func() string{}
	for _, alg := range bench.Algorithms {
		for _, size := range sizes {
			made[fmt.Sprint(alg, size)] = sync.OnceValue(func() string { return issuers[alg]().Token(size) })
		}
	}
	return made
}()

// BenchmarkVerify is the comparison: the same token, in the same process, with
// one goroutine. The peers named floor are what nobody can go below.
func BenchmarkVerify(b *testing.B) {
	for _, size := range sizes {
		for _, alg := range bench.Algorithms {
			compare(b, alg, size, loop)
		}
	}
}

// BenchmarkVerifyParallel keeps all processors busy. Compare -cpu 1 and 2.
func BenchmarkVerifyParallel(b *testing.B) {
	for _, alg := range bench.Algorithms {
		compare(b, alg, 900, parallel)
	}
}

func compare(b *testing.B, alg string, size int, measure func(func() bool) func(*testing.B)) {
	b.Helper()
	token := tokens[fmt.Sprint(alg, size)]
	run := func(peer string, ok func(testing.TB) func() bool) {
		b.Run(fmt.Sprintf("alg=%s/size=%d/peer=%s", alg, size, peer), func(b *testing.B) { measure(ok(b))(b) })
	}
	run("floor-signature", func(testing.TB) func() bool { return issuers[alg]().Signature(token()) })
	run("floor-lookup", func(testing.TB) func() bool { return bench.LookUp(token()) })
	for _, peer := range bench.Peers {
		run(peer.Name, func(tb testing.TB) func() bool {
			verify := verifier(tb, peer, issuers[alg]())
			raw := token()
			return func() bool { return verify(raw) == nil }
		})
	}
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
		b.ResetTimer() // making keys takes longer than the measurement
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
