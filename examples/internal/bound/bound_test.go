package bound_test

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/bound"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func parsed(t *testing.T, args string) *bound.Flags {
	t.Helper()
	var f bound.Flags
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	f.Register(set)
	require.NoError(t, set.Parse(strings.Fields(args)))
	require.NoError(t, f.Validate())
	return &f
}

// What each flag makes of a service.
func TestFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		methods []string
		summary string
	}{
		"":                          {},
		"-dpop accept":              {[]string{"jkt"}, "DPoP accepted"},
		"-dpop require -dpop-nonce": {[]string{"jkt"}, "DPoP required, with nonces"},
		"-mtls -client-cert-header xfcc -trusted-proxy 10.0.0.0/8 -trusted-proxy fd00::/8": {
			[]string{"x5t#S256"}, "DPoP not taken; certificates of clients from the field of a proxy, xfcc",
		},
		"-dpop accept -mtls -tls-cert a -tls-key b": {[]string{"x5t#S256", "jkt"}, "DPoP accepted; certificates of clients from the connection"},
	} {
		f := parsed(t, args)
		all, err := f.Confirmations()
		require.NoError(t, err, args)
		var methods []string
		for _, c := range all {
			methods = append(methods, c.Method())
		}
		assert.Equal(t, want.methods, methods, args)
		assert.Equal(t, want.summary, f.Summary(), args)
	}
}

// Replicas with one secret take each other's nonces.
func TestNoncesOfReplicas(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, bytes.Repeat([]byte("k"), 32), 0o600))
	issuer := tokentest.NewIssuer(t, nil)
	key := issuer.ForeignKey("ES256", "")
	raw := issuer.Token(tokentest.BoundTo(key))
	ask := func(args, nonce string) (string, error) {
		all, err := parsed(t, args).Confirmations()
		require.NoError(t, err)
		cfg := issuer.Config()
		cfg.Confirmations = all
		verifier, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		call := &call{request: token.Request{
			Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "a.example", Path: "/"},
			DPoP: []string{issuer.Proof(key, http.MethodGet, "https://a.example/", raw, tokentest.Nonce(nonce))},
		}}
		_, err = verifier.Authenticate(t.Context(), token.Presentation{Scheme: "DPoP", Token: raw, Call: call})
		return call.nonce, err
	}
	shared := "-dpop accept -dpop-nonce -dpop-nonce-key " + secret
	nonce, err := ask(shared, "x")
	require.ErrorIs(t, err, token.ErrNonce)
	_, err = ask(shared, nonce)
	assert.NoError(t, err)
	_, err = ask("-dpop accept -dpop-nonce", nonce)
	assert.ErrorIs(t, err, token.ErrNonce)

	_, err = parsed(t, "-dpop accept -dpop-nonce -dpop-nonce-key /nonexistent").Confirmations()
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = parsed(t, "-mtls -tls-cert /nonexistent -tls-key /nonexistent").TLS()
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// call keeps the nonce that it is sent.
type call struct {
	request token.Request
	nonce   string
}

func (c *call) Request() token.Request { return c.request }

func (c *call) Respond(f token.Field) bool {
	c.nonce = f.Value()
	return true
}
