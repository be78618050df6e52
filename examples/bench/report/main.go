// Command report measures all peers side by side and prints the tables of
// docs/performance.md. Run it in examples/bench, on a machine that has nothing
// else to do:
//
//	go run ./report             # all but the following
//	go run ./report -parallel   # how much faster two processors are than one
//	go run ./report -refusals   # who refuses what; measures nothing
//
// With -into ../../docs/performance.md it writes them there.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/postern-go/postern/examples/bench/internal/document"
	"github.com/postern-go/postern/examples/bench/internal/results"
	"github.com/postern-go/postern/examples/bench/internal/rounds"
)

func main() {
	if err := run(readOptions()); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

type options struct {
	plan               rounds.Plan
	into, unit         string
	parallel, refusals bool
}

func readOptions() (o options) {
	o.plan.Define(11, "100ms")
	flag.StringVar(&o.into, "into", "", "a Markdown file with marks for the tables; they are printed if there is none")
	flag.StringVar(&o.unit, "unit", "cpu-ns/op", "what is compared: cpu-ns/op (time of processors) or ns/op (time on the wall)")
	flag.BoolVar(&o.parallel, "parallel", false, "measure how much faster two processors are than one, instead")
	flag.BoolVar(&o.refusals, "refusals", false, "show who refuses what, instead")
	flag.Parse()
	return o
}

func run(o options) error {
	switch {
	case o.refusals:
		text, err := refusals()
		if err != nil {
			return err
		}
		return document.Write(o.into, "refusals", text)
	case o.parallel:
		o.plan.Groups = parallelGroups()
		o.plan.Flags = []string{"-test.cpu=1,2"}
		set, err := o.plan.Results(os.Stderr)
		if err != nil {
			return err
		}
		return o.write("processors", speedUps(set, o.unit), set)
	default:
		return o.compare()
	}
}

// compare writes the tables of all peers, in full and in short.
func (o options) compare() error {
	o.plan.Groups = groups()
	set, err := o.plan.Results(os.Stderr)
	if err != nil {
		return err
	}
	t := tables{set, o.unit}
	if err := o.write("peers", t.String(), set); err != nil {
		return err
	}
	return o.write("short", t.short()+"\n", set)
}

// groups are what is compared with one another.
func groups() (list []string) {
	for _, c := range columns() {
		list = append(list, fmt.Sprintf("^BenchmarkVerify$/^alg=%s$/^size=%d$", c.alg, c.size))
	}
	for _, kind := range []string{"unary", "stream", "message"} {
		list = append(list, "^BenchmarkGRPC$/^kind="+kind+"$")
	}
	return append(list, "^BenchmarkHTTP$", "^BenchmarkRefuse$", "^BenchmarkInterceptor$", "^BenchmarkClaims$")
}

// write adds what was measured with which versions.
func (o options) write(name, text string, set results.Set) error {
	versions, err := versions()
	if err != nil {
		return err
	}
	return document.Write(o.into, name, text+versions+machine(set))
}
