//go:build interop

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Clients of other people's making know the URL of the server, and go from there
// to the metadata, to the authorization server, to a tool, to one for which a
// scope is missing, and to one for which the login is too old.
func TestInteropClients(t *testing.T) {
	for name, row := range map[string]struct{ path, version, negotiation string }{
		"sdk": {"/mcp", "2025-11-25", ""}, "sdk at the root": {"", "2025-11-25", ""}, "client": {"/mcp", "2025-11-25", ""},
		"client at the root, of the newest version": {"", "2026-07-28", "auto"}, "client of the newest version": {"/mcp", "2026-07-28", "auto"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, row.path)
			dir, _, _ := strings.Cut(name, " ")
			lines := w.flow(t, dir, row.negotiation)
			require.Len(t, lines, 4)
			assert.Equal(t, row.version, lines[0]["version"])
			photo := map[string]any{"album": "sea", "title": "Harbour at dawn", "by": "alice"}
			assert.Equal(t, map[string]any{"tool": "list_photos", "result": map[string]any{"photos": []any{}}, "seen": []any{}}, lines[1])
			assert.Equal(t, map[string]any{"tool": "add_photo", "result": photo, "seen": []any{403.0}}, lines[2])
			assert.Equal(t, map[string]any{"tool": "delete_album", "result": map[string]any{"photos": 1.0}, "seen": []any{401.0}}, lines[3])
			require.Len(t, w.as.asked, 3, "the user was asked for a token, for a scope and for a login")
			for _, q := range w.as.asked {
				assert.Equal(t, w.resource, q.Get("resource"))
				assert.Equal(t, "S256", q.Get("code_challenge_method"))
			}
			assert.ElementsMatch(t, []string{"photos:read", "photos:write"}, strings.Fields(w.as.asked[1].Get("scope")))
		})
	}
}

// flow runs the client with the packages that the lock file of dir pins.
func (w *world) flow(t *testing.T, dir, negotiation string) (lines []map[string]any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	script, err := filepath.Abs(filepath.Join("testdata", "flow.mjs"))
	require.NoError(t, err)
	var out, log bytes.Buffer
	node := exec.CommandContext(ctx, "node", script, "@modelcontextprotocol/"+dir, w.resource, negotiation)
	node.Dir, node.Stdout, node.Stderr = installed(ctx, t, filepath.Join("testdata", dir)), &out, &log
	require.NoError(t, node.Run(), "%s%s", &out, &log)
	for line := range strings.Lines(out.String()) {
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		lines = append(lines, v)
	}
	return lines
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
