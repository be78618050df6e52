//go:build interop

package photoserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answered is how a call of a client went.
type answered struct {
	Status    int
	Challenge string
}

// TestInteropDPoP has oauth4webapi and openid-client, clients of other people's
// making, get bound tokens from oidc-provider and call the photo service with them,
// and a thief who sees what they send. It needs node, npm and the npm registry,
// hence the build tag.
func TestInteropDPoP(t *testing.T) {
	t.Parallel()
	as := startOIDCProvider(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	for _, name := range []string{"oauth4webapi", "openid-client"} {
		source, err := filepath.Abs(filepath.Join("testdata", name))
		require.NoError(t, err)
		dir := installed(ctx, t, source)
		for _, alg := range []string{"ES256", "PS256"} {
			t.Run(name+" "+alg, func(t *testing.T) {
				t.Parallel()
				const resource = "urn:photos:RS256"
				s := start(t, "-issuer", as.issuer, "-audience", resource, "-dpop", "require", "-dpop-nonce")
				client := exec.CommandContext(ctx, "node", filepath.Join(source, "dpop.mjs"), as.issuer, resource, s.url, alg)
				client.Dir = dir
				output, err := client.Output()
				if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
					require.NoError(t, err, "%s", exit.Stderr)
				}
				require.NoError(t, err)
				var seen struct {
					Type                                    string
					Attempts                                int
					Good, Replayed, Elsewhere, Bearer, Next answered
				}
				require.NoError(t, json.Unmarshal(output, &seen), "%s", output)
				assert.Equal(t, "dpop", seen.Type)
				assert.Equal(t, answered{Status: http.StatusOK}, seen.Good)
				assert.Equal(t, 2, seen.Attempts, "one without a nonce, and one with it")
				refusedWith(t, seen.Replayed, "invalid_dpop_proof")
				refusedWith(t, seen.Elsewhere, "invalid_dpop_proof")
				refusedWith(t, seen.Bearer, "invalid_token")
				assert.Equal(t, answered{Status: http.StatusOK}, seen.Next, "the client goes on")
			})
		}
	}
}

func refusedWith(t *testing.T, seen answered, code string) {
	t.Helper()
	assert.Equal(t, http.StatusUnauthorized, seen.Status)
	assert.Contains(t, seen.Challenge, `error="`+code+`"`)
	assert.Contains(t, seen.Challenge, `algs="ES256 PS256 Ed25519 EdDSA"`)
	assert.NotContains(t, seen.Challenge, "Bearer")
}
