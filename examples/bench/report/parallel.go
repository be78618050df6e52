package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/examples/bench/internal/results"
)

// speedUps is how many times as much two processors do as one. On the wall
// that means something only on a machine that is idle. By the time of
// processors it is twice what one takes for a call in terms of what each of two
// takes: callers that stand in each other's way take longer.
func speedUps(set results.Set, unit string) string {
	var b strings.Builder
	b.WriteString("### Two processors, in terms of one (900 B)\n\n| | RS256 | EdDSA |\n|---|--:|--:|\n")
	for _, name := range parallelNames() {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f |\n", name, speedUp(set, unit, name, "RS256"), speedUp(set, unit, name, "EdDSA"))
	}
	return b.String() + "\n"
}

// parallelGroups are one for each peer: only with itself is it compared.
func parallelGroups() (list []string) {
	for _, alg := range []string{"RS256", "EdDSA"} {
		for _, name := range parallelNames() {
			list = append(list, fmt.Sprintf("^BenchmarkVerifyParallel$/^alg=%s$/^size=900$/^peer=%s$", alg, regexp.QuoteMeta(name)))
		}
	}
	return list
}

func parallelNames() []string {
	names := []string{signature, lookUp}
	for _, peer := range bench.Peers {
		names = append(names, peer.Name)
	}
	return names
}

func speedUp(set results.Set, unit, peer, alg string) float64 {
	times := func(processors string) []float64 {
		return set.Of("BenchmarkVerifyParallel", unit, map[string]string{"peer": peer, "alg": alg, "processors": processors})
	}
	ratio := results.Ratio(times("1"), times("2"))
	if unit == "cpu-ns/op" {
		return 2 * ratio
	}
	return ratio
}
