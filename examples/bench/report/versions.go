package main

import (
	"fmt"
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
	return fmt.Sprintf("%s, %s/%s, %s, one goroutine, %d rounds.\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		set.Machine["cpu"], len(set.Of(benchmark, "ns/op", map[string]string{"peer": signature, "alg": "RS256", "size": "900"})))
}
