package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// changed keeps the mutants of files that differ from the revision since,
// uncommitted changes included.
func changed(root, since string, mutants []*mutant) ([]*mutant, error) {
	cmd := exec.Command("git", "diff", "--name-only", "--relative", since, "--")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git diff %s: %w", since, err)
	}
	files := strings.Fields(string(out))
	return slices.DeleteFunc(mutants, func(m *mutant) bool { return !slices.Contains(files, m.file) }), nil
}
