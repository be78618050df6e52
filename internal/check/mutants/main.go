package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

func main() {
	cfg := config{}
	only := flag.String("only", "", "regular expression that the name of a mutant must match")
	flag.StringVar(&cfg.since, "since", "", "a revision; only files that have changed since then")
	flag.IntVar(&cfg.workers, "workers", runtime.NumCPU(), "test processes at a time")
	flag.DurationVar(&cfg.limit, "limit", 5*time.Minute, "when to stop; what was not run by then is reported")
	flag.DurationVar(&cfg.timeout, "timeout", time.Minute, "how long one test process may run")
	flag.BoolVar(&cfg.again, "again", false, "run also what known.txt explains, which takes as long as all the rest")
	flag.BoolVar(&cfg.list, "list", false, "list the mutants and run nothing")
	flag.Parse()
	var err error
	if cfg.only, err = regexp.Compile(*only); err != nil {
		fatal(err)
	}
	survivors, err := run(cfg)
	if err != nil {
		fatal(err)
	}
	if survivors > 0 {
		os.Exit(1)
	}
}

type config struct {
	only           *regexp.Regexp
	since          string
	workers        int
	limit, timeout time.Duration
	list, again    bool
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "mutants:", err)
	os.Exit(2)
}

func run(cfg config) (survivors int, err error) {
	root, err := moduleRoot()
	if err != nil {
		return 0, err
	}
	work, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	copied := filepath.Join(work, "module")
	if err := copyModule(root, copied); err != nil {
		return 0, err
	}
	mutants, err := mutate(copied)
	if err != nil {
		return 0, err
	}
	chosen := choose(mutants, cfg.only)
	if cfg.since != "" {
		if chosen, err = changed(root, cfg.since, chosen); err != nil {
			return 0, err
		}
	}
	if cfg.list {
		for _, m := range chosen {
			fmt.Println(m.name())
		}
		return 0, nil
	}
	known, err := readKnown(filepath.Join(root, "internal", "check", "mutants", "known.txt"))
	if err != nil {
		return 0, err
	}
	table := &report{w: os.Stdout, known: known}
	if !cfg.again {
		chosen = table.skip(chosen)
	}
	lab := &lab{root: root, module: copied, binaries: filepath.Join(work, "binaries"), timeout: cfg.timeout}
	if err := lab.build(chosen); err != nil {
		return 0, err
	}
	lab.runAll(chosen, cfg.workers, time.Now().Add(cfg.limit), table.add)
	table.sum()
	if cfg.only.String() == "" && cfg.since == "" {
		table.unused(mutants)
	}
	return table.survived, nil
}

func choose(mutants []*mutant, only *regexp.Regexp) []*mutant {
	var chosen []*mutant
	for _, m := range mutants {
		if only.MatchString(m.name()) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", fmt.Errorf("not inside a module")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
