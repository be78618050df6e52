package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/examples/bench/internal/results"
)

// tables are the results as Markdown.
type tables struct {
	set  results.Set
	unit string
}

// column is what one token looks like.
type column struct {
	alg  string
	size int
}

func columns() (list []column) {
	for _, size := range []int{900, 4096} {
		for _, alg := range bench.Algorithms {
			list = append(list, column{alg, size})
		}
	}
	return list
}

const (
	benchmark = "BenchmarkVerify"
	signature = "floor-signature"
	lookUp    = "floor-lookup"
	warm      = "postern-warm"
)

func (t tables) String() string {
	var b strings.Builder
	b.WriteString("### Verifying, in terms of the bare signature check\n\n")
	t.head(&b, "geometric mean")
	for _, peer := range cold() {
		t.ratios(&b, peer, signature)
	}
	b.WriteString("\n### Allocations per verification\n\n")
	t.head(&b, "")
	for _, peer := range append(cold(), signature, warm) {
		t.row(&b, peer, func(c column) string { return strconv.Itoa(int(math.Round(t.median(peer, "allocs/op", c)))) }, "")
	}
	b.WriteString("\n### A token that is remembered, in terms of SHA-256 and a look-up\n\n")
	t.head(&b, "geometric mean")
	t.ratios(&b, warm, lookUp)
	t.transports(&b)
	return b.String() + "\n"
}

// cold are the peers that verify the signature each time.
func cold() (names []string) {
	for _, peer := range bench.Peers {
		if peer.Name != warm {
			names = append(names, peer.Name)
		}
	}
	return names
}

func (t tables) head(b *strings.Builder, last string) {
	b.WriteString("| |")
	for _, c := range columns() {
		fmt.Fprintf(b, " %s %s |", c.alg, sizeName(c.size))
	}
	fmt.Fprintf(b, " %s |\n|---|%s\n", last, strings.Repeat("--:|", len(columns())+1))
}

func sizeName(size int) string {
	if size < 1024 {
		return fmt.Sprintf("%d B", size)
	}
	return fmt.Sprintf("%d KB", size/1024)
}

func (t tables) ratios(b *strings.Builder, peer, floor string) {
	var all []float64
	cell := func(c column) string {
		ratio := results.Ratio(t.values(peer, t.unit, c), t.values(floor, t.unit, c))
		all = append(all, ratio)
		return fmt.Sprintf("%.2f", ratio)
	}
	var cells []string
	for _, c := range columns() {
		cells = append(cells, cell(c))
	}
	t.write(b, peer, append(cells, fmt.Sprintf("%.2f", results.GeoMean(all))))
}

func (t tables) row(b *strings.Builder, peer string, cell func(column) string, last string) {
	var cells []string
	for _, c := range columns() {
		cells = append(cells, cell(c))
	}
	t.write(b, peer, append(cells, last))
}

func (t tables) write(b *strings.Builder, peer string, cells []string) {
	fmt.Fprintf(b, "| %s | %s |\n", peer, strings.Join(cells, " | "))
}

func (t tables) values(peer, unit string, c column) []float64 {
	return t.set.Of(benchmark, unit, map[string]string{"peer": peer, "alg": c.alg, "size": strconv.Itoa(c.size)})
}

func (t tables) median(peer, unit string, c column) float64 {
	return results.Median(t.values(peer, unit, c))
}
