// Package rounds runs benchmarks over and over again, all of them in each
// round, so that a disturbance of the machine hits all alike.
package rounds

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/postern-go/postern/examples/bench/internal/results"
)

// Plan says what to run. It is run in the directory of the package.
type Plan struct {
	Benchmarks string // a pattern for go test -bench
	Rounds     int
	Time       string   // for go test -benchtime
	Raw        string   // a file that keeps the output; "" for none
	Flags      []string // more of go test's flags, such as -test.cpu=1
}

// Run runs the plan and reads the output. Progress goes to w.
func (p Plan) Run(w io.Writer) (results.Set, error) {
	binary, clean, err := build()
	if err != nil {
		return results.Set{}, err
	}
	defer clean()
	var output bytes.Buffer
	for round := range p.Rounds {
		fmt.Fprintf(w, "round %d of %d\n", round+1, p.Rounds)
		if err := p.round(binary, &output, w); err != nil {
			return results.Set{}, fmt.Errorf("round %d: %w", round+1, err)
		}
	}
	if p.Raw != "" {
		if err := os.WriteFile(p.Raw, output.Bytes(), 0o644); err != nil {
			return results.Set{}, err
		}
	}
	return results.Read(&output)
}

// Measured runs the plan, or reads what an earlier run kept if from names it.
func Measured(p Plan, from string) (results.Set, error) {
	if from == "" {
		return p.Run(os.Stderr)
	}
	file, err := os.Open(from)
	if err != nil {
		return results.Set{}, err
	}
	defer file.Close()
	return results.Read(file)
}

func (p Plan) round(binary string, output, errors io.Writer) error {
	args := append([]string{"-test.run=^$", "-test.bench=" + p.Benchmarks, "-test.benchtime=" + p.Time}, p.Flags...)
	run := exec.Command(binary, args...)
	run.Stdout, run.Stderr = output, errors
	return run.Run()
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
