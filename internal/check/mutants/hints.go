package main

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// hints are the tests that noticed mutants of a file.
type hints struct {
	mu    sync.Mutex
	tests map[string][]string
}

// add takes the name of a test, or of one of its subtests.
func (h *hints) add(file, test string) {
	name, _, _ := strings.Cut(test, "/")
	if strings.HasPrefix(name, "(") {
		return // a process that died names none
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tests == nil {
		h.tests = map[string][]string{}
	}
	if !slices.Contains(h.tests[file], name) {
		h.tests[file] = append(h.tests[file], name)
	}
}

// of is a regular expression for -test.run, or "".
func (h *hints) of(file string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make([]string, len(h.tests[file]))
	for i, name := range h.tests[file] {
		names[i] = regexp.QuoteMeta(name)
	}
	if len(names) == 0 {
		return ""
	}
	return "^(" + strings.Join(names, "|") + ")$"
}
