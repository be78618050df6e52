package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/examples/bench/internal/results"
)

// short is the comparison in one small table: geometric means over the
// algorithms.
func (t tables) short() string {
	var b strings.Builder
	b.WriteString("| verifying an access token, in terms of its bare signature check | 900 B | 4 KB | allocations (RS256) |\n|---|--:|--:|--:|\n")
	for _, peer := range cold() {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.0f |\n", peer, t.mean(peer, signature, 900), t.mean(peer, signature, 4096),
			t.median(peer, "allocs/op", column{"RS256", 900}))
	}
	fmt.Fprintf(&b, "\nA token that was seen before takes %.1f times a SHA-256 of it and a look-up in a map (4 KB: %.1f), and %.0f allocation.\n",
		t.mean(warm, lookUp, 900), t.mean(warm, lookUp, 4096), t.median(warm, "allocs/op", column{"RS256", 900}))
	return b.String()
}

func (t tables) mean(peer, floor string, size int) float64 {
	var ratios []float64
	for _, alg := range bench.Algorithms {
		params := func(peer string) map[string]string {
			return map[string]string{"peer": peer, "alg": alg, "size": strconv.Itoa(size)}
		}
		ratios = append(ratios, results.Ratio(t.set.Of(benchmark, t.unit, params(peer)), t.set.Of(benchmark, t.unit, params(floor))))
	}
	return results.GeoMean(ratios)
}
