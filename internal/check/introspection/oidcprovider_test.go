//go:build interop

package introspection_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
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

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// secret is that of the services in server.mjs.
const secret = "a secret: 100% +"

// TestInteropOIDCProvider asks oidc-provider, in every way in which a service can
// prove who it is, for plain and for signed answers. It needs node, npm and the
// npm registry, hence the build tag.
func TestInteropOIDCProvider(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	issuer := startOIDCProvider(t, jwkOf(t, key))
	interop := client{"interop", "not-a-secret", issuer + "/token", issuer + "/token/revocation"}
	base := introspect.Config{
		Issuer: issuer, Audience: []string{"urn:photos:opaque"}, GoodFor: -1, BadFor: -1,
		// Its answers about a client that acts for itself have no sub.
		Profile: token.Profile{Required: []string{"iss", "client_id", "iat"}},
	}
	signed := func(cfg *introspect.Config) { cfg.RequireJWT = true }
	for name, test := range map[string]struct {
		credentials introspect.Credentials
		change      func(*introspect.Config)
	}{
		"basic":           {introspect.Basic("rs basic", secret), nil},
		"post":            {introspect.Post("rs post", secret), nil},
		"private_key_jwt": {introspect.PrivateKeyJWT(introspect.PrivateKey{ClientID: "rs key", Key: key, KeyID: "k1"}), nil},
		"signed":          {introspect.Basic("rs signed", secret), signed},
		"signed by ES256": {introspect.Basic("rs signed ES256", secret), func(cfg *introspect.Config) {
			cfg.RequireJWT, cfg.JWTAlgorithms = true, []string{"ES256"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := base
			cfg.Credentials = test.credentials
			if test.change != nil {
				test.change(&cfg)
			}
			s := newService(t, cfg, scope.All("photos:read"))
			reader := interop.token(t, of("urn:photos:opaque", "photos:read"))
			s.mustAnswer(reader, http.StatusNoContent, "")
			s.mustAnswer(interop.token(t, of("urn:photos:opaque", "photos:write")), http.StatusForbidden, "scope")
			s.mustAnswer(interop.token(t, of("urn:photos:other", "photos:read")), http.StatusUnauthorized, "audience")
			s.mustAnswer(reader[:len(reader)-1], http.StatusUnauthorized, "inactive")
			s.mustAnswer(interop.token(t, of("urn:photos:jwt", "photos:read")), http.StatusUnauthorized, "inactive") // its endpoint answers 400
			interop.revoke(t, reader)
			s.mustAnswer(reader, http.StatusUnauthorized, "inactive")
			assert.Equal(t, introspect.StateServing, s.auth.Status().State)
		})
	}
	// What the server refuses of the service is no verdict on the caller.
	// It says invalid_request to a secret that it cannot decode, as it does to a
	// token that it does not like: no reason for an alarm.
	const notEncoded = "not encoded"
	for name, credentials := range map[string]introspect.Credentials{
		"another secret": introspect.Basic("rs basic", "another"),
		notEncoded:       introspect.BasicRaw("rs basic", secret),
		"another client": introspect.Post("unheard of", secret),
		"an assertion for the endpoint": introspect.PrivateKeyJWT(introspect.PrivateKey{
			ClientID: "rs key", Key: key, KeyID: "k1", Audience: "https://other.example.com",
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := base
			cfg.Credentials = credentials
			s := newService(t, cfg, scope.All("photos:read"))
			s.mustAnswer(interop.token(t, of("urn:photos:opaque", "photos:read")), http.StatusServiceUnavailable, "introspection_unavailable")
			assert.Equal(t, name != notEncoded, s.auth.Status().CredentialsRefused)
		})
	}
	t.Run("signed by an algorithm that is not accepted", func(t *testing.T) {
		t.Parallel()
		cfg := base
		cfg.Credentials, cfg.RequireJWT = introspect.Basic("rs signed ES256", secret), true
		s := newService(t, cfg, scope.All("photos:read"))
		s.mustAnswer(interop.token(t, of("urn:photos:opaque", "photos:read")), http.StatusServiceUnavailable, "introspection_unavailable")
	})
}

func of(resource, scopes string) url.Values {
	return url.Values{"resource": {resource}, "scope": {scopes}}
}

func jwkOf(t *testing.T, key crypto.Signer) string {
	t.Helper()
	point, err := key.Public().(*ecdsa.PublicKey).Bytes()
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	text, err := json.Marshal(map[string]string{
		"kty": "EC", "crv": "P-256", "kid": "k1", "alg": "ES256", "use": "sig", "x": encode(point[1:33]), "y": encode(point[33:]),
	})
	require.NoError(t, err)
	return string(text)
}

// startOIDCProvider runs the server until the test ends.
func startOIDCProvider(t *testing.T, jwk string) (issuer string) {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("testdata", "oidc-provider"))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	var log bytes.Buffer
	server := exec.CommandContext(ctx, "node", filepath.Join(source, "server.mjs"), jwk)
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
			t.Logf("the server said:\n%s", &log)
		}
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if issuer, ok := strings.CutPrefix(lines.Text(), "listening at "); ok {
			return issuer
		}
	}
	require.Fail(t, "the server has ended")
	return ""
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
