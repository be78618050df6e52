package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// readKnown reads which mutants are no loss, and why: lines of a mutant's name
// and, after " # ", the reason. A mutant that changes nothing but speed, or
// that another check makes up for, is no hole.
func readKnown(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, why, ok := strings.Cut(line, " # ")
		if !ok {
			return nil, fmt.Errorf("%s: %q gives no reason", path, line)
		}
		known[strings.TrimSpace(name)] = why
	}
	return known, nil
}

// report is the table, a line a mutant, and what it comes to.
type report struct {
	w                                    io.Writer
	known                                map[string]string
	killed, explained, survived, omitted int
}

func (r *report) add(res result) {
	name := fmt.Sprintf("%s:%d %s", res.file, res.line, strings.TrimPrefix(res.name(), res.file+" "))
	switch why, isKnown := r.known[res.name()]; {
	case !res.run:
		r.omitted++
	case res.by != "":
		r.killed++
		fmt.Fprintf(r.w, "killed    %s | %s\n", name, res.by)
	case isKnown:
		r.explained++
		fmt.Fprintf(r.w, "explained %s | %s\n", name, why)
	default:
		r.survived++
		fmt.Fprintf(r.w, "SURVIVED  %s\n", name)
	}
}

// skip reports what is explained without running it, and returns the rest.
func (r *report) skip(mutants []*mutant) []*mutant {
	return slices.DeleteFunc(mutants, func(m *mutant) bool {
		_, isKnown := r.known[m.name()]
		if isKnown {
			r.add(result{m, "", true})
		}
		return isKnown
	})
}

func (r *report) sum() {
	fmt.Fprintf(r.w, "\n%d killed, %d explained, %d survived, %d not run\n", r.killed, r.explained, r.survived, r.omitted)
}

// unused tells of lines in known.txt that name no mutant any more.
func (r *report) unused(mutants []*mutant) {
	left := maps.Clone(r.known)
	for _, m := range mutants {
		delete(left, m.name())
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(r.w, "known.txt names a mutant that no longer exists: %s\n", name)
	}
}
