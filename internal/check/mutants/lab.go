package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// lab compiles the tests and runs them against mutants.
type lab struct {
	root, module, binaries string
	timeout                time.Duration
	hints                  hints
}

// result is what became of a mutant.
type result struct {
	*mutant
	by  string // the test that failed, with its package; "" if it survived
	run bool
}

// build compiles the tests of every package that the mutants need, and sees to
// it that they pass as long as no mutant is on.
func (l *lab) build(mutants []*mutant) error {
	for dir := range needed(mutants) {
		if !l.hasTests(dir) {
			continue
		}
		cmd := exec.Command("go", "test", "-c", "-o", l.binary(dir), "./"+dir)
		cmd.Dir = l.module
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("compiling the tests of %s: %w\n%s", dir, err, out)
		}
		failed, err := l.test(dir, &mutant{})
		if err != nil {
			return err
		}
		if failed != "" {
			return fmt.Errorf("%s fails without a mutant: %s", dir, failed)
		}
	}
	return nil
}

func (l *lab) hasTests(dir string) bool {
	tests, _ := filepath.Glob(filepath.Join(l.module, filepath.FromSlash(dir), "*_test.go"))
	return len(tests) > 0
}

func needed(mutants []*mutant) map[string]bool {
	dirs := map[string]bool{}
	for _, m := range mutants {
		dirs[m.target.dir] = true
		for _, dir := range m.target.more {
			dirs[dir] = true
		}
	}
	return dirs
}

func (l *lab) binary(dir string) string {
	return filepath.Join(l.binaries, strings.ReplaceAll(dir, "/", "_")+".test")
}

// runAll runs the mutants until the deadline, and passes on each result.
func (l *lab) runAll(mutants []*mutant, workers int, deadline time.Time, done func(result)) {
	next := make(chan *mutant)
	results := make(chan result)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for m := range next {
				if time.Now().After(deadline) {
					results <- result{mutant: m}
					continue
				}
				results <- l.try(m)
			}
		})
	}
	go func() {
		for _, m := range mutants {
			next <- m
		}
		close(next)
		wg.Wait()
		close(results)
	}()
	for r := range results {
		done(r)
	}
}

// try runs first the tests that noticed other mutants nearby, which takes a
// moment, and all of them only if those pass.
func (l *lab) try(m *mutant) result {
	if likely := l.hints.of(m.file); likely != "" && l.hasTests(m.target.dir) {
		if failed, _ := l.test(m.target.dir, m, "-test.run", likely); failed != "" {
			return result{m, m.target.dir + " " + failed, true}
		}
	}
	for _, dir := range append([]string{m.target.dir}, m.target.more...) {
		if !l.hasTests(dir) {
			continue
		}
		if failed, _ := l.test(dir, m); failed != "" {
			if dir == m.target.dir {
				l.hints.add(m.file, failed)
			}
			return result{m, dir + " " + failed, true}
		}
	}
	return result{m, "", true}
}

var failure = regexp.MustCompile(`^\s*--- FAIL: (\S+)`)

// test runs the tests of a package and stops at the first that fails. It
// returns its name, or how the process ended otherwise than well.
func (l *lab) test(dir string, m *mutant, more ...string) (failed string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	args := []string{"-test.v", "-test.failfast", "-test.short", "-test.timeout", l.timeout.String()}
	if !strings.Contains(measured, m.file) {
		args = append(args, "-test.skip", slow)
	}
	cmd := exec.CommandContext(ctx, l.binary(dir), append(args, more...)...)
	cmd.Dir = filepath.Join(l.module, filepath.FromSlash(dir))
	cmd.Env = append(os.Environ(), fmt.Sprintf("POSTERN_MUTANT=%d", m.id), "POSTERN_VECTORS="+l.vectors(), "GOTRACEBACK=none")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return "", err
	}
	failed = firstFailure(out)
	if failed != "" {
		cancel()
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil && failed == "" {
		failed = ended(ctx)
	}
	return failed, nil
}

func ended(ctx context.Context) string {
	if ctx.Err() != nil {
		return "(does not end)"
	}
	return "(the process dies)"
}

// firstFailure reads until a test fails. Of a test with subtests it names the
// one that failed, which -test.v prints as soon as it has.
func firstFailure(out io.Reader) string {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := failure.FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
		if strings.HasPrefix(lines.Text(), "panic: ") {
			return "(panic)"
		}
	}
	return ""
}

// vectors is the folder of published vectors, as the module itself finds it.
func (l *lab) vectors() string {
	if dir := os.Getenv("POSTERN_VECTORS"); dir != "" {
		return dir
	}
	dir := filepath.Join(l.root, "..", "shared", "vectors")
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}
