// Command plots measures how the cost of a call grows with the number of keys,
// issuers, rules and scopes and with the size of the token, and draws it. Run
// it in examples/bench, on a machine that has nothing else to do:
//
//	go run ./plots
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-go/postern/examples/bench/internal/document"
	"github.com/postern-go/postern/examples/bench/internal/results"
	"github.com/postern-go/postern/examples/bench/internal/rounds"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "plots:", err)
		os.Exit(1)
	}
}

func run() error {
	var plan rounds.Plan
	plan.Define(7, "50ms")
	unit := flag.String("unit", "cpu-ns/op", "what is drawn: cpu-ns/op (time of processors) or ns/op (time on the wall)")
	dir := flag.String("dir", "../../docs/plots", "where the plots go")
	into := flag.String("into", "", "a Markdown file with marks for the tables; they are printed if there is none")
	flag.Parse()
	plan.Groups = groups()
	set, err := plan.Results(os.Stderr)
	if err != nil {
		return err
	}
	var tables strings.Builder
	for _, p := range plots {
		file := filepath.Join(*dir, p.file)
		if err := os.WriteFile(file, []byte(p.draw(set, *unit)), 0o644); err != nil {
			return err
		}
		tables.WriteString(p.table(set, *unit))
	}
	return document.Write(*into, "growth", tables.String())
}

// groups are the benchmarks, a large one in parts.
func groups() (list []string) {
	for _, name := range []string{"Keys", "Issuers", "Rules", "Scopes"} {
		list = append(list, "^BenchmarkGrowth"+name+"$")
	}
	for _, size := range sizes {
		list = append(list, fmt.Sprintf("^BenchmarkGrowthSize$/./^n=%d$", size))
	}
	return list
}

// series is one line of a plot, over the sizes called n in the benchmarks.
type series struct {
	label     string
	benchmark string
	params    map[string]string
}

// points are the medians, by n. Sizes that were not measured are left out.
func (s series) points(set results.Set, unit string, ns []int) (points []point) {
	for _, n := range ns {
		params := map[string]string{"n": fmt.Sprint(n)}
		for key, value := range s.params {
			params[key] = value
		}
		if values := set.Of(s.benchmark, unit, params); len(values) > 0 {
			points = append(points, point{float64(n), results.Median(values) / 1000})
		}
	}
	return points
}
