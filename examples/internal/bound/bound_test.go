package bound_test

import (
	"bytes"
	"encoding/base64"
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
		all, err := f.Confirmations(nil)
		require.NoError(t, err, args)
		var methods []string
		for _, c := range all {
			methods = append(methods, c.Method())
		}
		assert.Equal(t, want.methods, methods, args)
		assert.Equal(t, want.summary, f.Summary(), args)
	}
}

func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func key(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

// Replicas with a key in common take each other's nonces, while the keys are changed
// too.
func TestNoncesOfReplicas(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	clients := issuer.ForeignKey("ES256", "")
	raw := issuer.Token(tokentest.BoundTo(clients))
	replica := func(keys string) *token.Verifier {
		args := "-dpop accept -dpop-nonce"
		if keys != "" {
			args += " -dpop-nonce-keys " + fileOf(t, keys)
		}
		cfg := issuer.Config()
		var err error
		cfg.Confirmations, err = parsed(t, args).Confirmations(nil)
		require.NoError(t, err)
		verifier, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		return verifier
	}
	ask := func(verifier *token.Verifier, nonce string) (string, error) {
		call := &call{request: token.Request{
			Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "a.example", Path: "/"},
			DPoP: []string{issuer.Proof(clients, http.MethodGet, "https://a.example/", raw, tokentest.Nonce(nonce))},
		}}
		_, err := verifier.Authenticate(t.Context(), token.Presentation{Scheme: "DPoP", Token: raw, Call: call})
		return call.nonce, err
	}
	before, during, after := key(1), "# the new one is the last\r\n"+key(1)+"\n\n "+key(2)+"\n", key(2)+"\n"+key(1)
	for name, c := range map[string]struct {
		by, to string
		want   error
	}{
		"the same key":        {before, before, nil},
		"a key more":          {before, during, nil},
		"one that is not yet": {during, before, nil},
		"the new one first":   {after, during, nil},
		"another key":         {before, key(2), token.ErrNonce},
		"one of the process":  {before, "", token.ErrNonce},
		"of the process":      {"", before, token.ErrNonce},
	} {
		by, to := replica(c.by), replica(c.to)
		nonce, err := ask(by, "x")
		require.ErrorIs(t, err, token.ErrNonce, name)
		_, err = ask(to, nonce)
		assert.ErrorIs(t, err, c.want, name)
	}
}

func TestFilesRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":         {"", token.ErrConfig},
		"no base64":     {"hunter2!", bound.ErrUsage},
		"stray bits":    {key(1)[:42] + "F=", bound.ErrUsage},
		"short":         {base64.StdEncoding.EncodeToString(make([]byte, 31)), token.ErrConfig},
		"too many keys": {strings.Repeat(key(1)+"\n", 9), token.ErrConfig},
		"huge":          {strings.Repeat("#\n", 16<<10), bound.ErrUsage},
	} {
		_, err := parsed(t, "-dpop accept -dpop-nonce -dpop-nonce-keys "+fileOf(t, c.text)).Confirmations(nil)
		require.ErrorIs(t, err, c.want, name)
		assert.NotContains(t, err.Error(), "hunter2", name)
	}
	_, err := parsed(t, "-dpop accept -dpop-nonce -dpop-nonce-keys /nonexistent").Confirmations(nil)
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
