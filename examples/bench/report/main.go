// Command report measures all peers side by side and prints the tables of
// docs/performance.md. Run it in examples/bench, on a machine that has nothing
// else to do:
//
//	go run ./report
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/postern-go/postern/examples/bench/internal/results"
	"github.com/postern-go/postern/examples/bench/internal/rounds"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run() error {
	plan := rounds.Plan{Benchmarks: "^BenchmarkVerify$"}
	flag.IntVar(&plan.Rounds, "rounds", 11, "how often everything is measured; tables show medians")
	flag.StringVar(&plan.Time, "benchtime", "100ms", "how long each measurement takes")
	flag.StringVar(&plan.Raw, "raw", "", "a file to keep what was measured in")
	from := flag.String("from", "", "print what an earlier -raw file holds, and measure nothing")
	unit := flag.String("unit", "cpu-ns/op", "what is compared: cpu-ns/op (time of processors) or ns/op (time on the wall)")
	flag.Parse()
	set, err := measured(plan, *from)
	if err != nil {
		return err
	}
	versions, err := versions()
	if err != nil {
		return err
	}
	fmt.Print(tables{set, *unit}.String(), versions, machine(set))
	return nil
}

func measured(plan rounds.Plan, from string) (results.Set, error) {
	if from == "" {
		return plan.Run(os.Stderr)
	}
	file, err := os.Open(from)
	if err != nil {
		return results.Set{}, err
	}
	defer file.Close()
	return results.Read(file)
}
