//go:build interop

package photoserver

import (
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInteropDiscovery has oauth4webapi, a client of other people's making, find
// its way from a refusal through the metadata to the authorization server. It
// needs node, npm and the npm registry, hence the build tag.
func TestInteropDiscovery(t *testing.T) {
	t.Parallel()
	source, err := filepath.Abs(filepath.Join("testdata", "oauth4webapi"))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	dir := installed(ctx, t, source)
	issuer := loopback(t)
	for resource, at := range map[string]string{
		"https://photos.example.test/photos":     "https://photos.example.test/.well-known/oauth-protected-resource/photos",
		"https://photos.example.test/photos?a=b": "https://photos.example.test/.well-known/oauth-protected-resource/photos?a=b",
		"https://photos.example.test":            "https://photos.example.test/.well-known/oauth-protected-resource",
	} {
		t.Run(resource, func(t *testing.T) {
			s := start(t, "-issuer", issuer.Identifier(), "-resource", resource, "-metadata")
			client := exec.CommandContext(ctx, "node", filepath.Join(source, "client.mjs"), resource, s.url)
			client.Dir = dir
			output, err := client.Output()
			require.NoError(t, err, "%s", output)
			var found struct {
				Challenges []struct {
					Scheme     string
					Parameters map[string]string
				}
				Asked    []string
				Metadata map[string]any
				Issuer   string
			}
			require.NoError(t, json.Unmarshal(output, &found))
			require.Len(t, found.Challenges, 1)
			assert.Equal(t, "bearer", found.Challenges[0].Scheme)
			assert.Equal(t, at, found.Challenges[0].Parameters["resource_metadata"])
			assert.Equal(t, "invalid_token", found.Challenges[0].Parameters["error"])
			assert.Equal(t, at, found.Asked[1], "where the client looks by itself")
			assert.Equal(t, resource, found.Metadata["resource"])
			assert.Equal(t, []any{"photos:read", "photos:write"}, found.Metadata["scopes_supported"])
			assert.Equal(t, issuer.Identifier(), found.Issuer)
		})
	}
}
