package asking_test

import (
	"crypto"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/asking"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func parse(t *testing.T, args ...string) (*asking.Flags, error) {
	t.Helper()
	f := new(asking.Flags)
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	f.Register(set)
	require.NoError(t, set.Parse(args))
	return f, f.Validate()
}

func TestFlagsRefused(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]string{
		"no client":          "-introspect discover -introspect-secret-file f -opaque only",
		"no secret":          "-introspect discover -introspect-client c -opaque only",
		"no tokens":          "-introspect discover -introspect-client c -introspect-secret-file f",
		"other tokens":       "-introspect discover -introspect-client c -introspect-secret-file f -opaque yes",
		"no method":          "-introspect discover -introspect-client c -introspect-secret-file f -opaque only -introspect-auth none",
		"a kid of no key":    "-introspect discover -introspect-client c -introspect-secret-file f -opaque only -introspect-key-id k",
		"no one to ask":      "-opaque only",
		"a client of no one": "-introspect-client c",
		"signed by no one":   "-introspect-jwt",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, strings.Fields(args)...)
			assert.ErrorIs(t, err, asking.ErrUsage)
		})
	}
	f, err := parse(t)
	require.NoError(t, err)
	assert.False(t, f.Enabled())
	assert.Empty(t, f.Summary())
}

// file has a secret or a key, with a line break at its end.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(name, []byte(text+"\n"), 0o600))
	return name
}

// Each method gets a token in, at an issuer that looks at the credentials.
func TestMethods(t *testing.T) {
	t.Parallel()
	key := tokentest.NewCertificate(t, nil)
	issuer := tokentest.NewLoopbackIssuer(t, nil)
	signer, ok := key.TLS().PrivateKey.(crypto.Signer)
	require.True(t, ok)
	issuer.SetIntrospectors(
		tokentest.Introspector{ID: "a b", Secret: "c d"}, tokentest.Introspector{ID: "raw b", Secret: "c d", Raw: true},
		tokentest.Introspector{ID: "k", Key: tokentest.SigningKey{Algorithm: "ES256", Private: signer}},
	)
	for name, c := range map[string]struct {
		id, secret string
		more       []string
		want       error
	}{
		"basic":           {"a b", "c d", nil, nil},
		"basic-raw":       {"raw b", "c d", []string{"-introspect-auth", "basic-raw"}, nil},
		"post":            {"a b", "c d", []string{"-introspect-auth", "post"}, nil},
		"private_key_jwt": {"k", string(key.KeyPEM()), []string{"-introspect-auth", "private_key_jwt"}, nil},
		"signed answers":  {"a b", "c d", []string{"-introspect-jwt"}, nil},
		"another secret":  {"a b", "c e", nil, token.ErrUnavailable},
		"another method":  {"raw b", "c d", nil, token.ErrUnavailable},
	} {
		for _, endpoint := range []string{"discover", issuer.IntrospectionURL()} {
			args := []string{"-introspect", endpoint, "-introspect-client", c.id, "-introspect-secret-file", file(t, c.secret), "-opaque", "only"}
			f, err := parse(t, append(args, c.more...)...)
			require.NoError(t, err)
			assert.Contains(t, f.Summary(), "alone")
			cfg := issuer.Config()
			cfg.Algorithms = []string{"ES256"}
			auth, err := f.Authenticator([]token.Config{cfg}, nil)
			require.NoError(t, err)
			_, err = auth.Authenticate(t.Context(), token.Bearer(issuer.Opaque()))
			assert.ErrorIs(t, err, c.want, name)
			_, err = auth.Authenticate(t.Context(), token.Bearer(issuer.Token()))
			assert.ErrorIs(t, err, c.want, "a JWT that the issuer knows, %s", name)
		}
	}
}

func TestAuthenticatorRefuses(t *testing.T) {
	t.Parallel()
	one := token.Config{Issuer: "https://a.example", Audience: []string{"x"}}
	with := func(auth, secret string) *asking.Flags {
		f, err := parse(t, "-introspect", "discover", "-introspect-client", "c", "-introspect-secret-file", secret, "-opaque", "only", "-introspect-auth", auth)
		require.NoError(t, err)
		return f
	}
	_, err := with("basic", file(t, "s")).Authenticator([]token.Config{one, one}, nil)
	assert.ErrorIs(t, err, asking.ErrUsage)
	_, err = with("basic", "/nonexistent").Authenticator([]token.Config{one}, nil)
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = with("private_key_jwt", file(t, "hush")).Authenticator([]token.Config{one}, nil)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hush")
}
