//go:build interop

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestInteropOIDCProvider runs the photo service against an authorization
// server of other people's making, oidc-provider on Node.js, whose discovery,
// key set and RFC 9068 tokens nobody here has written. It needs node, npm and
// the npm registry, hence the build tag.
func TestInteropOIDCProvider(t *testing.T) {
	t.Parallel()
	as := startOIDCProvider(t)
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			resource := "urn:photos:" + alg
			s := start(t, "-issuer", as.issuer, "-audience", resource)
			reader, writer := as.token(t, resource, "photos:read"), as.token(t, resource, "photos:write")

			code, _, who := s.call("GET /whoami", reader, "")
			assert.Equal(t, http.StatusOK, code)
			assert.Equal(t, map[string]any{"sub": "interop", "client_id": "interop", "scope": "photos:read", "subject_kind": "client", "iss": as.issuer}, who)
			assertStatus(t, s, "GET /photos", reader, http.StatusOK)
			assertStatus(t, s, "POST /photos", reader, http.StatusForbidden)
			assertStatus(t, s, "POST /photos", writer, http.StatusCreated)
			assertStatus(t, s, "GET /photos", writer, http.StatusForbidden)
			assertStatus(t, s, "GET /photos", "", http.StatusUnauthorized)
			assertStatus(t, s, "GET /photos", tampered(reader), http.StatusUnauthorized)

			require.NoError(t, s.list(bearing(t, reader)))
			assert.Equal(t, codes.PermissionDenied, status.Code(s.list(bearing(t, writer))))
			assert.Equal(t, codes.Unauthenticated, status.Code(s.list(bearing(t, tampered(reader)))))
		})
	}
	t.Run("another resource", func(t *testing.T) {
		t.Parallel()
		s := start(t, "-issuer", as.issuer, "-audience", "urn:photos:other")
		assertStatus(t, s, "GET /photos", as.token(t, "urn:photos:RS256", "photos:read"), http.StatusUnauthorized)
	})
	t.Run("opaque", func(t *testing.T) {
		t.Parallel()
		s := start(t, "-issuer", as.issuer, "-audience", "urn:photos:opaque")
		assertStatus(t, s, "GET /photos", as.token(t, "urn:photos:opaque", "photos:read"), http.StatusUnauthorized)
	})
}

func assertStatus(t *testing.T, s *running, route, bearer string, want int) {
	t.Helper()
	code, _, _ := s.call(route, bearer, `{"title": "Harbour at dawn"}`)
	assert.Equal(t, want, code, route)
}

// tampered claims to be for someone else.
func tampered(raw string) string {
	parts := strings.Split(raw, ".")
	b := []byte(parts[1])
	b[len(b)/2] ^= 1 // another letter of the same alphabet, or no JSON any more
	return parts[0] + "." + string(b) + "." + parts[2]
}

// oidcProvider is the authorization server under test.
type oidcProvider struct{ issuer string }

// startOIDCProvider installs the server into a directory of its own and runs
// it until the test ends.
func startOIDCProvider(t *testing.T) *oidcProvider {
	t.Helper()
	source, err := filepath.Abs("testdata/oidc-provider")
	require.NoError(t, err)
	dir := t.TempDir()
	manifest, err := os.ReadFile(filepath.Join(source, "package.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "package.json"), manifest, 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	output, err := install.CombinedOutput()
	require.NoError(t, err, "%s", output)

	port := freePort(t)
	var log bytes.Buffer
	server := exec.CommandContext(t.Context(), "node", filepath.Join(source, "server.mjs"), fmt.Sprint(port))
	server.Dir, server.Stdout, server.Stderr = dir, &log, &log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Wait() // killed with the context, which ends before
		if t.Failed() {
			t.Logf("the authorization server said:\n%s", &log)
		}
	})
	as := &oidcProvider{issuer: fmt.Sprintf("http://127.0.0.1:%d", port)}
	as.awaitReady(t)
	return as
}

func (as *oidcProvider) awaitReady(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(as.issuer + "/.well-known/openid-configuration")
		if err == nil {
			_ = resp.Body.Close()
			require.Equal(t, http.StatusOK, resp.StatusCode)
			return
		}
		require.True(t, time.Now().Before(deadline), "the authorization server does not answer: %v", err)
	}
}

// token gets an access token by the client credentials grant.
func (as *oidcProvider) token(t *testing.T, resource, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {resource}, "scope": {scope}}
	req, err := http.NewRequestWithContext(t.Context(), "POST", as.issuer+"/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("interop", "not-a-secret")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	require.Equal(t, http.StatusOK, resp.StatusCode, answer.Error)
	return answer.AccessToken
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
