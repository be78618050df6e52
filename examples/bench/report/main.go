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

	"github.com/postern-go/postern/examples/bench/internal/rounds"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run() error {
	plan := rounds.Plan{Benchmarks: "^Benchmark(Verify|HTTP|Refuse|GRPC|Interceptor|Claims)$"}
	flag.IntVar(&plan.Rounds, "rounds", 11, "how often everything is measured; tables show medians")
	flag.StringVar(&plan.Time, "benchtime", "100ms", "how long each measurement takes")
	flag.StringVar(&plan.Raw, "raw", "", "a file to keep what was measured in")
	from := flag.String("from", "", "print what an earlier -raw file holds, and measure nothing")
	unit := flag.String("unit", "cpu-ns/op", "what is compared: cpu-ns/op (time of processors) or ns/op (time on the wall)")
	parallel := flag.Bool("parallel", false, "measure how much faster two processors are than one, instead")
	flag.Parse()
	if *parallel {
		plan.Benchmarks = "^BenchmarkVerifyParallel$/^alg=(RS256|EdDSA)$"
		plan.Flags = []string{"-test.cpu=1,2"}
	}
	set, err := rounds.Measured(plan, *from)
	if err != nil {
		return err
	}
	versions, err := versions()
	if err != nil {
		return err
	}
	text := tables{set, *unit}.String()
	if *parallel {
		text = speedUps(set)
	}
	fmt.Print(text, versions, machine(set))
	return nil
}
