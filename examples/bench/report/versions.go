package main

import (
	"fmt"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/examples/bench/internal/results"
)

// versions says which versions of the peers were measured.
func versions() (string, error) {
	args := append([]string{"list", "-m", "-f", "{{.Path}} {{.Version}}"}, modules()...)
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		return "", fmt.Errorf("go list -m: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return "Versions: " + strings.Join(lines, ", ") + ".\n", nil
}

// modules are the peers', without postern, which has no version here.
func modules() (paths []string) {
	for _, peer := range bench.Peers[2:] {
		paths = append(paths, peer.Modules...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func machine(set results.Set) string {
	return fmt.Sprintf("%s, %s/%s, %s, %d rounds; measurements that others disturbed: %s.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, set.Machine["cpu"], roundsOf(set), set.Machine["disturbed"])
}

// roundsOf is how often each benchmark was run.
func roundsOf(set results.Set) int {
	first, n := set.Samples[0], 0
	for _, s := range set.Samples {
		if s.Benchmark == first.Benchmark && maps.Equal(s.Params, first.Params) {
			n++
		}
	}
	return n
}
