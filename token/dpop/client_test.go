package dpop_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

const accessToken = "eyJ.own-token~1/+=="

// tokensOf is a source of one token.
func tokensOf(accessToken, kind string) dpop.TokenSource {
	return func(context.Context) (string, string, error) { return accessToken, kind, nil }
}

func failing(err error) dpop.TokenSource {
	return func(context.Context) (string, string, error) { return "", "", err }
}

func newClient(t testing.TB, edit func(*dpop.ClientConfig), origins ...string) *dpop.Client {
	t.Helper()
	_, prover := newProver(t)
	cfg := dpop.ClientConfig{Prover: prover, Tokens: tokensOf(accessToken, "DPoP"), Origins: origins}
	if edit != nil {
		edit(&cfg)
	}
	client, err := dpop.NewClient(cfg)
	require.NoError(t, err)
	return client
}

func attempt(t testing.TB, c *dpop.Client, method, target string) *dpop.Attempt {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	a, err := c.Attempt(t.Context(), method, u)
	require.NoError(t, err)
	return a
}

// Each attempt has a proof of its own, with what it is for and nothing more.
func TestAttempts(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-9449-1", func(t *testing.T) {
		t.Parallel()
		sum := sha256.Sum256([]byte(accessToken))
		clock := newClock()
		client := newClient(t, func(c *dpop.ClientConfig) { c.Time = clock.now }, "https://api.example.com", "https://[2001:db8::1]:8443")
		seen := map[any]bool{}
		for target, htu := range map[string]string{
			"https://api.example.com":                      "https://api.example.com",
			"https://API.example.com:443/a%2Fb/?x=1#y":     "https://api.example.com/a%2Fb/",
			"https://alice:secret@api.example.com:/orders": "https://api.example.com/orders",
			"https://[2001:db8::1]:8443/a b":               "https://[2001:db8::1]:8443/a%20b",
		} {
			for range 2 {
				a := attempt(t, client, "PATCH", target)
				assert.Equal(t, "DPoP "+accessToken, a.Authorization())
				header, claims := decoded(t, a.Proof())
				assert.Equal(t, "dpop+jwt", header["typ"])
				assert.False(t, seen[claims["jti"]])
				seen[claims["jti"]] = true
				delete(claims, "jti")
				assert.Equal(t, object{
					"htm": "PATCH", "htu": htu, "iat": float64(epoch), "ath": base64.RawURLEncoding.EncodeToString(sum[:]),
				}, claims)
			}
		}
		assert.Len(t, seen, 8)
	})
}

// The last nonce of an origin is in the next proof for it, and in no other.
func TestNoncesOfOrigins(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-9449-2", func(t *testing.T) {
		t.Parallel()
		client := newClient(t, nil, "https://a.example", "https://a.example:444", "http://127.0.0.1:80", "https://127.0.0.1:80")
		nonce := func(target string) any {
			_, claims := decoded(t, attempt(t, client, "GET", target).Proof())
			return claims["nonce"]
		}
		for target, value := range map[string]string{
			"https://a.example/x": "first", "https://a.example:444/x": "second", "http://127.0.0.1/x": "third", "https://127.0.0.1:80/x": "fourth",
		} {
			assert.Nil(t, nonce(target))
			assert.True(t, attempt(t, client, "GET", target).Learn("older"))
			assert.True(t, attempt(t, client, "GET", target).Learn(value))
			assert.False(t, attempt(t, client, "GET", target).Learn(value), "it had this one")
		}
		assert.Equal(t, "first", nonce("https://A.example:443/y?z"))
		assert.Equal(t, "second", nonce("https://a.example:444/"))
		assert.Equal(t, "third", nonce("http://127.0.0.1:80/"))
		assert.Equal(t, "fourth", nonce("https://127.0.0.1:80/"))

		stale := attempt(t, client, "GET", "https://a.example/")
		assert.True(t, attempt(t, client, "GET", "https://a.example/").Learn("newest"))
		assert.True(t, stale.Learn("newest"), "the other attempt has learned of it, but this one did not have it")
		for _, bad := range [][]string{nil, {}, {""}, {"a", "b"}, {"a b"}, {`a"b`}, {`a\b`}, {"a\tb"}, {"\u00e9"}, {"a\x7f"}, {strings.Repeat("a", 1025)}} {
			assert.False(t, stale.Learn(bad...), "%q", bad)
		}
		assert.Equal(t, "newest", nonce("https://a.example/"))
		longest := strings.Repeat("~", 1024)
		assert.True(t, stale.Learn(longest))
		assert.Equal(t, longest, nonce("https://a.example/"))
	})
}

// A token of another type is of no use under DPoP, and not to be used under another
// scheme either. No error shows it.
func TestTokensOfTheSource(t *testing.T) {
	t.Parallel()
	down := errors.New("down:\n" + strings.Repeat("x", 10_000))
	for name, row := range map[string]struct {
		source dpop.TokenSource
		want   error
	}{
		"bound":           {tokensOf(accessToken, "DPoP"), nil},
		"in another case": {tokensOf(accessToken, "dpop"), nil},
		"Bearer":          {tokensOf(accessToken, "Bearer"), dpop.ErrToken},
		"no type":         {tokensOf(accessToken, ""), dpop.ErrToken},
		"N_A":             {tokensOf(accessToken, "N_A"), dpop.ErrToken},
		"a long type":     {tokensOf(accessToken, strings.Repeat("DPoP\n", 1000)), dpop.ErrToken},
		"empty":           {tokensOf("", "DPoP"), dpop.ErrToken},
		"padding":         {tokensOf("==", "DPoP"), dpop.ErrToken},
		"two lines":       {tokensOf(accessToken+"\r\nX: y", "DPoP"), dpop.ErrToken},
		"a space":         {tokensOf(accessToken+" x", "DPoP"), dpop.ErrToken},
		"an error":        {func(context.Context) (string, string, error) { return accessToken, "DPoP", down }, down},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, func(c *dpop.ClientConfig) { c.Tokens = row.source }, "https://api.example.com")
			a, err := client.Attempt(t.Context(), "GET", &url.URL{Scheme: "https", Host: "api.example.com"})
			require.ErrorIs(t, err, row.want)
			assert.Equal(t, row.want == nil, a != nil)
			if err != nil {
				assert.NotContains(t, err.Error(), accessToken)
				assert.NotContains(t, err.Error(), "\n")
				assert.Less(t, len(err.Error()), 700)
				assert.False(t, token.IsOutcome(err), "it says nothing about a caller")
			}
		})
	}
}

// No target but a listed one gets credentials.
func TestTargets(t *testing.T) {
	t.Parallel()
	client := newClient(t, nil, "https://api.example.com")
	for _, target := range []string{
		"http://api.example.com/", "https://api.example.com:8443/", "https://api.example.com.evil.example/", "https://api.example.com@evil.example/",
		"https://api.example.com./", "//api.example.com/", "", "https:api.example.com", "https://alice:secret@evil.example/secret?secret", "https://\u017fpi.example.com/",
	} {
		u, err := url.Parse(target)
		require.NoError(t, err)
		_, err = client.Attempt(t.Context(), "GET", u)
		assert.ErrorIs(t, err, dpop.ErrTarget, target)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := client.Attempt(t.Context(), "GET", nil)
	assert.ErrorIs(t, err, dpop.ErrTarget)
	_, err = client.Attempt(t.Context(), "GET", &url.URL{Scheme: "https", Host: "api.example.com", Opaque: "//evil.example/"})
	assert.ErrorIs(t, err, dpop.ErrTarget)
	for _, path := range []string{".evil.example/x", "*", "x"} { // which a URL joins to its host
		_, err = client.Attempt(t.Context(), "GET", &url.URL{Scheme: "https", Host: "api.example.com", Path: path})
		require.ErrorIs(t, err, dpop.ErrTarget, path)
	}
	_, err = client.Attempt(t.Context(), "GET", &url.URL{Scheme: "https", Host: "api.example.com"})
	require.NoError(t, err)
	_, err = (*dpop.Client)(nil).Attempt(t.Context(), "GET", &url.URL{})
	assert.ErrorIs(t, err, dpop.ErrTarget)
}

// A source may wait for a call of its own.
func TestTokensEndWithTheCall(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(c *dpop.ClientConfig) {
		c.Tokens = func(ctx context.Context) (string, string, error) { <-ctx.Done(); return "", "", ctx.Err() }
	}, "https://api.example.com")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := client.Attempt(ctx, "GET", &url.URL{Scheme: "https", Host: "api.example.com"})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestAttemptsDoNotPrintSecrets(t *testing.T) {
	t.Parallel()
	a := attempt(t, newClient(t, nil, "https://api.example.com"), "GET", "https://api.example.com/")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		text := fmt.Sprintf(verb, a) + fmt.Sprintf(verb, *a)
		assert.NotContains(t, text, accessToken)
		assert.NotContains(t, text, a.Proof())
	}
}

func TestNewClient(t *testing.T) {
	t.Parallel()
	_, prover := newProver(t)
	good := dpop.ClientConfig{Prover: prover, Tokens: tokensOf(accessToken, "DPoP"), Origins: []string{"https://api.example.com"}}
	require.NoError(t, good.Validate())
	for name, edit := range map[string]func(*dpop.ClientConfig){
		"no prover":       func(c *dpop.ClientConfig) { c.Prover = nil },
		"the zero Prover": func(c *dpop.ClientConfig) { c.Prover = &dpop.Prover{} },
		"no tokens":       func(c *dpop.ClientConfig) { c.Tokens = nil },
		"no origins":      func(c *dpop.ClientConfig) { c.Origins = nil },
		"a path":          func(c *dpop.ClientConfig) { c.Origins = []string{"https://api.example.com", "https://b.example/x"} },
		"in clear":        func(c *dpop.ClientConfig) { c.Origins = []string{"http://api.example.com"} },
	} {
		cfg := good
		edit(&cfg)
		client, err := dpop.NewClient(cfg)
		assert.ErrorIs(t, err, token.ErrConfig, name)
		assert.Nil(t, client, name)
	}
	client, err := dpop.NewClient(good)
	require.NoError(t, err)
	_, err = dpop.NewTransport(nil, nil)
	assert.ErrorIs(t, err, token.ErrConfig)
	_, err = dpop.NewTransport(client, (*http.Transport)(nil))
	assert.ErrorIs(t, err, token.ErrConfig)
	good.Origins = []string{"http://localhost:8080"}
	client, err = dpop.NewClient(good)
	require.NoError(t, err)
	_, err = dpop.NewTransport(client, http.DefaultTransport)
	assert.ErrorIs(t, err, token.ErrConfig, "where it connects to cannot be seen")
	_, err = dpop.NewTransport(client, nil)
	assert.NoError(t, err)
}
