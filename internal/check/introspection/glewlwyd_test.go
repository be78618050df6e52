//go:build interop

package introspection_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

const photosURL = "https://photos.example.com"

// The names of two authorization servers of one Glewlwyd. In the second, no scope
// lets a service ask about the tokens of others.
const anyToken, ownOnly = "any", "own"

// TestInteropGlewlwyd asks Glewlwyd with a client's secret and with an access token
// of the scope for it. It needs the Debian package glewlwyd, hence the build tag.
//
// Its subtests run one after the other: if Glewlwyd 2.7.5 issues tokens at the same
// moment, it may tell of one with the scopes of another as well, or with none.
func TestInteropGlewlwyd(t *testing.T) {
	t.Parallel()
	g := startGlewlwyd(t)
	photos, reader := g.client("photos", "not-a-secret"), g.client("reader", "not-a-secret")
	pass := photos.token(t, url.Values{"scope": {"introspect"}})
	base := introspect.Config{
		Issuer: g.issuer, Audience: []string{photosURL}, GoodFor: -1, BadFor: -1,
		// Its answers about a client that acts for itself have no sub.
		Profile:     token.Profile{Required: []string{"client_id", "iat"}},
		Credentials: bearer(pass),
	}
	for name, credentials := range map[string]introspect.Credentials{
		"bearer":                      base.Credentials,
		"basic":                       introspect.Basic("photos", "not-a-secret"),
		"basic with other characters": introspect.BasicRaw("spaced", secret),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := base
			cfg.Credentials = credentials
			checkGlewlwyd(t, cfg, reader)
		})
	}
	t.Run("no scope for it", func(t *testing.T) {
		// Then it tells each client of its own tokens, and of no others.
		own := glewlwyd{g.base, g.base + "/" + ownOnly}
		cfg := base
		cfg.Issuer, cfg.Credentials = own.issuer, introspect.Basic("photos", "not-a-secret")
		checkGlewlwyd(t, cfg, own.client("photos", "not-a-secret"))
		newService(t, cfg, scope.All("photos:read")).mustAnswer(
			own.client("reader", "not-a-secret").token(t, of(photosURL, "photos:read")), http.StatusUnauthorized, "inactive")
	})
	t.Run("signed", func(t *testing.T) {
		checkSignedGlewlwyd(t, base, reader)
	})
	for name, credentials := range map[string]introspect.Credentials{
		"another secret":            introspect.Basic("photos", "another"),
		"another client":            introspect.Basic("unheard-of", "not-a-secret"),
		"an encoded secret":         introspect.Basic("spaced", secret), // which it does not decode
		"a token without the scope": bearer(photos.token(t, url.Values{"scope": {"photos:read"}})),
		"no token":                  bearer("garbage"),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := base
			cfg.Credentials = credentials
			mustBeUnavailable(t, cfg, reader.token(t, of(photosURL, "photos:read")), true)
		})
	}
}

func bearer(raw string) introspect.Credentials {
	return introspect.BearerSource(func(context.Context) (string, error) { return raw, nil })
}

// checkGlewlwyd has the service asked about tokens of the client.
func checkGlewlwyd(t *testing.T, cfg introspect.Config, c client) {
	t.Helper()
	s := newService(t, cfg, scope.All("photos:read"))
	good := c.token(t, of(photosURL, "photos:read"))
	s.mustAnswer(good, http.StatusNoContent, "")
	s.mustAnswer(c.token(t, of(photosURL, "photos:write")), http.StatusForbidden, "scope")
	s.mustAnswer(c.token(t, of("https://other.example.com", "photos:read")), http.StatusUnauthorized, "audience")
	// Without a resource, its aud is the scopes.
	s.mustAnswer(c.token(t, url.Values{"scope": {"photos:read"}}), http.StatusUnauthorized, "audience")
	s.mustAnswer("garbage", http.StatusUnauthorized, "inactive")
	s.mustAnswer(good[:len(good)-4]+"AAAA", http.StatusUnauthorized, "inactive")
	c.revoke(t, good)
	s.mustAnswer(good, http.StatusUnauthorized, "inactive")
	assert.Equal(t, introspect.StateServing, s.auth.Status().State)

	strict := cfg
	strict.Profile.Required = nil
	newService(t, strict, scope.All("photos:read")).mustAnswer(
		c.token(t, of(photosURL, "photos:read")), http.StatusUnauthorized, "claim")
}

// checkSignedGlewlwyd asks for answers whose aud is that of the token. Glewlwyd
// signs none about a token that is not active, and says 400 instead: no verdict.
func checkSignedGlewlwyd(t *testing.T, cfg introspect.Config, c client) {
	t.Helper()
	cfg.RequireJWT, cfg.ClientID = true, photosURL
	s := newService(t, cfg, scope.All("photos:read"))
	good := c.token(t, of(photosURL, "photos:read"))
	s.mustAnswer(good, http.StatusNoContent, "")
	s.mustAnswer(c.token(t, of(photosURL, "photos:write")), http.StatusForbidden, "scope")
	c.revoke(t, good)
	mustBeUnavailable(t, cfg, good, false)
	mustBeUnavailable(t, cfg, "garbage", false)
	mustBeUnavailable(t, cfg, c.token(t, of("https://other.example.com", "photos:read")), false)
	cfg.ClientID = "photos"
	mustBeUnavailable(t, cfg, c.token(t, of(photosURL, "photos:read")), false)
}

// mustBeUnavailable presents a token about which there is no verdict.
func mustBeUnavailable(t *testing.T, cfg introspect.Config, raw string, refused bool) {
	t.Helper()
	s := newService(t, cfg, scope.All("photos:read"))
	s.mustAnswer(raw, http.StatusServiceUnavailable, "introspection_unavailable")
	assert.Equal(t, refused, s.auth.Status().CredentialsRefused)
}

// glewlwyd is one authorization server of a Glewlwyd that runs until its test ends.
type glewlwyd struct{ base, issuer string }

func (g glewlwyd) client(id, secret string) client {
	return client{id, secret, g.issuer + "/token", g.issuer + "/revoke"}
}

const glewlwydConfig = `
port = %[1]s
bind_address = "127.0.0.1"
external_url = "http://127.0.0.1:%[1]s"
api_prefix = "api"
log_mode = "console"
log_level = "WARNING"
session_key = "GLEWLWYD2_SESSION_ID"
session_expiration = 3600
login_api_enabled = true
admin_scope = "g_admin"
profile_scope = "g_profile"
hash_algorithm = "SHA512"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
use_secure_connection = false
secure_connection_key_file = "none" # without these three lines it does not start
secure_connection_pem_file = "none"
secure_connection_ca_file = "none"
database = { type = "sqlite3"; path = "%[2]s"; };
`

func startGlewlwyd(t *testing.T) glewlwyd {
	t.Helper()
	dir := t.TempDir()
	database, config := filepath.Join(dir, "db"), filepath.Join(dir, "glewlwyd.conf")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	fill := exec.CommandContext(ctx, "sqlite3", "-bail", database)
	tables, err := os.ReadFile("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
	require.NoError(t, err)
	// It makes one transaction of many, each of which would wait for the disk.
	fill.Stdin = strings.NewReader("BEGIN;\n" + string(tables) + "\nCOMMIT;\n")
	output, err := fill.CombinedOutput()
	require.NoError(t, err, "%s", output)

	port := freePort(t)
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, glewlwydConfig, port, database), 0o600))
	var log bytes.Buffer
	// It has no other way to notice that this process has died.
	server := exec.CommandContext(ctx, "timeout", "60", "glewlwyd", "--config-file="+config)
	server.Stdout, server.Stderr = &log, &log
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) }
	server.WaitDelay = 5 * time.Second
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		cancel()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", &log)
		}
	})
	base := "http://127.0.0.1:" + port + "/api"
	g := glewlwyd{base: base, issuer: base + "/" + anyToken}
	g.prepare(t)
	return g
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// prepare makes the authorization servers and their clients, as the administrator of
// a fresh database.
func (g glewlwyd) prepare(t *testing.T) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	admin := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	login := map[string]any{"username": "admin", "password": "password"}
	require.Eventually(t, func() bool { return g.post(admin, "/auth/", login) == nil }, 10*time.Second, 50*time.Millisecond)
	for name, scopes := range map[string][]string{anyToken: {"introspect"}, ownOnly: {}} {
		require.NoError(t, g.post(admin, "/mod/plugin/", map[string]any{
			"module": "oidc", "name": name, "display_name": name, "enabled": true, "parameters": g.plugin(t, name, scopes),
		}))
	}
	for id, secret := range map[string]string{"photos": "not-a-secret", "reader": "not-a-secret", "spaced": secret} {
		require.NoError(t, g.post(admin, "/client/", map[string]any{
			"client_id": id, "name": id, "confidential": true, "enabled": true, "client_secret": secret,
			"authorization_type": []string{"client_credentials"}, "token_endpoint_auth_method": []string{"client_secret_basic"},
			"scope":    []string{"introspect", "photos:read", "photos:write"},
			"resource": []string{photosURL, "https://other.example.com"},
		}))
	}
}

// plugin is an authorization server, which tells those with the scopes of all tokens.
func (g glewlwyd) plugin(t *testing.T, name string, scopes []string) map[string]any {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	require.NoError(t, err)
	return map[string]any{
		"iss": g.base + "/" + name, "jwt-type": "rsa", "jwt-key-size": "256", "jwks-show": true,
		"key":           string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
		"cert":          string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		"code-duration": 600, "refresh-token-duration": 3600, "access-token-duration": 600,
		"allow-non-oidc": true, "auth-type-client-enabled": true, "auth-type-code-enabled": true,
		"auth-type-implicit-enabled": false, "auth-type-password-enabled": false, "auth-type-refresh-enabled": true,
		"resource-allowed": true, "resource-client-property": "resource",
		"introspection-revocation-allowed":             true,
		"introspection-revocation-allow-target-client": true,
		"introspection-revocation-auth-scope":          scopes,
	}
}

// post sends a document to the administrator's API.
func (g glewlwyd) post(admin *http.Client, path string, document map[string]any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	response, err := admin.Post(g.base+path, "application/json", bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return nil
}
