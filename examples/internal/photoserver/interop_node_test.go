//go:build interop

package photoserver

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startNode runs server.mjs of a directory below testdata until the test ends,
// with the packages that the lock file beside it pins, and returns the URL that
// the server listens at.
func startNode(t *testing.T, name string, args ...string) string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("testdata", name))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	var log bytes.Buffer
	server := exec.CommandContext(ctx, "node", append([]string{filepath.Join(source, "server.mjs")}, args...)...)
	server.Dir, server.Stderr = installed(ctx, t, source), &log
	_, err = server.StdinPipe() // its end, also by the death of this process, ends the server
	require.NoError(t, err)
	stdout, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		cancel()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, &log)
		}
	})
	return said(t, bufio.NewScanner(stdout), "listening at ")
}

// installed is a directory with the packages of a manifest. The lock file holds
// their digests; none of them may run a script while it is installed.
func installed(ctx context.Context, t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	output, err := install.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return dir
}
