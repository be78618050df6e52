package main

import (
	"fmt"
	"strings"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/examples/bench/internal/results"
)

// speedUps is how many times as much two processors do as one. It is about
// time on the wall, so it means something only on a machine that is idle.
func speedUps(set results.Set) string {
	var b strings.Builder
	b.WriteString("### Two processors, in terms of one (900 B)\n\n| | RS256 | EdDSA |\n|---|--:|--:|\n")
	names := []string{signature, lookUp}
	for _, peer := range bench.Peers {
		names = append(names, peer.Name)
	}
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f |\n", name, speedUp(set, name, "RS256"), speedUp(set, name, "EdDSA"))
	}
	return b.String() + "\n"
}

func speedUp(set results.Set, peer, alg string) float64 {
	times := func(processors string) []float64 {
		return set.Of("BenchmarkVerifyParallel", "ns/op", map[string]string{"peer": peer, "alg": alg, "processors": processors})
	}
	return results.Ratio(times("1"), times("2"))
}
