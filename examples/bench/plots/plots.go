package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/postern-go/postern/examples/bench/internal/results"
)

// plot is one picture, with both axes logarithmic.
type plot struct {
	file, title, x string
	ns             []int
	series         []series
}

var (
	powers = []int{1, 10, 100, 1000, 10_000}
	sizes  = []int{512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536}
)

var plots = []plot{
	{"keys.svg", "Finding the key of a token", "keys in the set", powers, []series{
		{"Remote", "BenchmarkGrowthKeys", param("source", "Remote")},
		{"Static", "BenchmarkGrowthKeys", param("source", "Static")},
		{"Static in a Verifier, call included", "BenchmarkGrowthKeys", param("source", "Verifier")},
	}},
	{"issuers.svg", "Verifying a remembered token behind ByIssuer", "issuers", powers, []series{
		{"ByIssuer", "BenchmarkGrowthIssuers", nil},
	}},
	{"rules.svg", "Finding the rule for a call, the call included", "methods or routes", powers, []series{
		{"grpcauth.Policies", "BenchmarkGrowthRules", param("where", "grpcauth.Policies")},
		{"middleware.Mux", "BenchmarkGrowthRules", param("where", "middleware.Mux")},
		{"http.ServeMux alone", "BenchmarkGrowthRules", param("where", "http.ServeMux")},
	}},
	{"size.svg", "Tokens of 0.5 to 64 KiB (EdDSA)", "bytes of the token", sizes, []series{
		{"verified", "BenchmarkGrowthSize", param("what", "cold")},
		{"bare signature check", "BenchmarkGrowthSize", param("what", "signature")},
		{"base64 and JSON", "BenchmarkGrowthSize", param("what", "base64+JSON")},
		{"JSON alone", "BenchmarkGrowthSize", param("what", "JSON")},
		{"base64 alone", "BenchmarkGrowthSize", param("what", "base64")},
		{"remembered", "BenchmarkGrowthSize", param("what", "warm")},
		{"SHA-256 and look-up", "BenchmarkGrowthSize", param("what", "lookup")},
		{"adding up the bytes", "BenchmarkGrowthSize", param("what", "sum")},
	}},
	{"scopes.svg", "Tokens that grant many scopes (EdDSA)", "scopes in the token", powers, []series{
		{"verified", "BenchmarkGrowthScopes", param("state", "cold")},
		{"remembered", "BenchmarkGrowthScopes", param("state", "warm")},
	}},
}

func param(key, value string) map[string]string { return map[string]string{key: value} }

func (p plot) draw(set results.Set, unit string) string {
	c := canvas{title: p.title, xLabel: p.x, yLabel: "µs per call"}
	for _, s := range p.series {
		c.lines = append(c.lines, line{s.label, s.points(set, unit, p.ns)})
	}
	return c.svg()
}

// table is the same as numbers.
func (p plot) table(set results.Set, unit string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n![%s](plots/%s)\n\n| µs by %s |", p.title, p.title, p.file, p.x)
	for _, n := range p.ns {
		fmt.Fprintf(&b, " %d |", n)
	}
	fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("--:|", len(p.ns)))
	for _, s := range p.series {
		fmt.Fprintf(&b, "| %s |", s.label)
		points := s.points(set, unit, p.ns)
		for _, n := range p.ns {
			fmt.Fprintf(&b, " %s |", at(points, float64(n)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func at(points []point, x float64) string {
	for _, p := range points {
		if p.x == x {
			return short(p.y)
		}
	}
	return ""
}

// short is a number with two digits that say something.
func short(v float64) string {
	digits := max(0, 1-int(math.Floor(math.Log10(v))))
	return fmt.Sprintf("%.*f", digits, v)
}
