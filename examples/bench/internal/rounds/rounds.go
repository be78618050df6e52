// Package rounds runs benchmarks over and over again, all of them in each
// round, so that a disturbance of the machine hits all alike.
package rounds

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/postern-go/postern/examples/bench/internal/results"
)

// Plan says what to run. It is run in the directory of the package.
type Plan struct {
	// Groups are patterns for go test -bench. What is to be compared belongs
	// into one group: it is measured in one go, or all of it again.
	Groups []string
	Flags  []string // more of go test's flags, such as -test.cpu=1

	rounds   int
	time     string
	raw      string
	from     string
	patience time.Duration
}

// Define defines the flags that all plans have.
func (p *Plan) Define(rounds int, benchtime string) {
	flag.IntVar(&p.rounds, "rounds", rounds, "how often everything is measured; medians are shown")
	flag.StringVar(&p.time, "benchtime", benchtime, "how long each measurement takes")
	flag.StringVar(&p.raw, "raw", "", "a file to keep what was measured in")
	flag.StringVar(&p.from, "from", "", "show what an earlier -raw file holds, and measure nothing")
	flag.DurationVar(&p.patience, "patience", time.Minute, "how long to try again while others keep the machine busy, for each group in each round")
}

// Results runs the plan, or reads what an earlier run kept. Progress goes to w.
func (p *Plan) Results(w io.Writer) (results.Set, error) {
	if p.from == "" {
		return p.run(w)
	}
	file, err := os.Open(p.from)
	if err != nil {
		return results.Set{}, err
	}
	defer file.Close()
	return results.Read(file)
}

func (p *Plan) run(w io.Writer) (results.Set, error) {
	binary, clean, err := build()
	if err != nil {
		return results.Set{}, err
	}
	defer clean()
	var output bytes.Buffer
	disturbed := 0
	for round := range p.rounds {
		for _, group := range p.Groups {
			text, quiet, err := p.measure(binary, group)
			if err != nil {
				return results.Set{}, fmt.Errorf("%s: %w", group, err)
			}
			if !quiet {
				disturbed++
			}
			output.Write(text)
		}
		fmt.Fprintf(w, "round %d of %d, disturbed so far: %d\n", round+1, p.rounds, disturbed)
	}
	fmt.Fprintf(&output, "disturbed: %d of %d\n", disturbed, p.rounds*len(p.Groups))
	return p.keep(&output)
}

func (p *Plan) keep(output *bytes.Buffer) (results.Set, error) {
	if p.raw != "" {
		if err := os.WriteFile(p.raw, output.Bytes(), 0o644); err != nil {
			return results.Set{}, err
		}
	}
	return results.Read(output)
}

// measure runs one group, again and again until nobody disturbs it, and at
// last takes what it gets. It reports whether it was left in peace.
func (p *Plan) measure(binary, group string) (output []byte, quiet bool, err error) {
	args := append([]string{"-test.run=^$", "-test.bench=" + group, "-test.benchtime=" + p.time}, p.Flags...)
	for end := time.Now().Add(p.patience); ; time.Sleep(time.Second) {
		watch := newWatch()
		run := exec.Command(binary, args...)
		run.Stderr = os.Stderr
		output, err = run.Output()
		if err != nil {
			return nil, false, err
		}
		quiet = watch.others(run.ProcessState) < tolerated
		if quiet || time.Now().After(end) {
			return output, quiet, nil
		}
	}
}

// build compiles the benchmarks once, so that no round waits for a compiler.
func build() (binary string, clean func(), err error) {
	dir, err := os.MkdirTemp("", "postern-bench-")
	if err != nil {
		return "", nil, err
	}
	clean = func() { _ = os.RemoveAll(dir) }
	binary = filepath.Join(dir, "bench.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		clean()
		return "", nil, fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	return binary, clean, nil
}
