package fetch_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/printable"
)

// withToken fetches a URL with a token file, and returns the fields that were
// sent.
func withToken(t *testing.T, file string, named []string, url string) (sent []string, err error) {
	t.Helper()
	c := fetch.New(fetch.Config{
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, strings.Join(r.Header.Values("Authorization"), "|"))
			return answering(200, "good")(r)
		})},
		TokenFile: file, Named: named, FetchTimeout: 5 * time.Second, Settings: "Config", Now: time.Now,
	})
	_, err = c.Get(t.Context(), fetch.Query{Target: fetch.Target{Document: "key set", URL: url, Limit: 64}})
	return sent, err
}

func tokenFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("t", 16<<10)
	for content, want := range map[string]string{
		"token": "token", " \t\r\ntoken\n": "token", "a-b.c_d~e+f/0==": "a-b.c_d~e+f/0==", long: long,
		"": "is empty", " \n": "is empty", long + "\n": "has more than 16384 bytes", long + "t": "has more than 16384 bytes",
		"secret secret": "something else", "secret\nX-Injected: 1": "something else", "secret\x00": "something else", "s\u00e9cret": "something else",
		"=": "something else", "sec=ret": "something else", `{"secret":1}`: "something else", "secret,": "something else",
	} {
		t.Run(strconv.Itoa(len(content))+" bytes", func(t *testing.T) {
			t.Parallel()
			sent, err := withToken(t, tokenFile(t, content), []string{documentURL}, documentURL)
			if strings.Contains(want, " ") {
				require.ErrorIs(t, err, fetch.ErrTokenFile)
				require.ErrorContains(t, err, want)
				require.ErrorContains(t, err, "(see Config.TokenFile)")
				assert.NotContains(t, err.Error(), "secret")
				assert.Empty(t, sent, "no request")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, []string{"Bearer " + want}, sent)
		})
	}
}

func TestTokenFilesThatAreNone(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		filepath.Join(t.TempDir(), "x\nlevel=INFO"): "cannot be read", t.TempDir(): "is not a regular file", os.DevNull: "is not a regular file",
		"/proc/self/mem": "cannot be read", // a regular file, on Linux, of which no byte can be read; elsewhere there is none
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			sent, err := withToken(t, file, []string{documentURL}, documentURL)
			require.ErrorIs(t, err, fetch.ErrTokenFile)
			require.ErrorContains(t, err, want)
			assert.Empty(t, sent)
			assert.True(t, printable.Is(err.Error()), err)
			assert.LessOrEqual(t, strings.Count(err.Error(), filepath.Dir(file)), 1, "the path is shown once")
		})
	}
}

// A token that is replaced is sent with the next request, as Kubernetes replaces
// it: by another target of a link.
func TestTokenFileIsReadAnew(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "link")
	for _, token := range []string{"first", "second"} {
		_ = os.Remove(link)
		require.NoError(t, os.Symlink(tokenFile(t, token), link))
		sent, err := withToken(t, link, []string{documentURL}, documentURL)
		require.NoError(t, err)
		assert.Equal(t, []string{"Bearer " + token}, sent)
	}
}

func TestWhoGetsTheToken(t *testing.T) {
	t.Parallel()
	named := []string{"https://[", "https://as.example.com/keys", "https://as.example.com:8443", "http://keycloak:8080/realms/x", "http://127.0.0.1:9000"}
	for url, want := range map[string]bool{
		"https://as.example.com/other": true, "https://AS.example.com.:443/": true, "https://as.example.com:8443/": true,
		"http://keycloak:8080/": true, "http://127.0.0.1:9000/x": true,
		"http://as.example.com/": false, "http://as.example.com:443/": false, "https://as.example.com:444/": false, "https://keycloak:8080/": false,
		"http://keycloak/": false, "https://b.example.com/": false, "https://x.as.example.com/": false, "https://as.example.com.evil.example/": false,
		"http://localhost:9000/": false, "https://as.example.com@evil.example/": false,
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			sent, err := withToken(t, tokenFile(t, "token"), named, url)
			require.NoError(t, err)
			assert.Equal(t, want, sent[0] == "Bearer token", sent)
			if !want && !strings.Contains(url, "@") {
				assert.Equal(t, []string{""}, sent)
			}
		})
	}
	t.Run("no file is needed where no token is sent", func(t *testing.T) {
		t.Parallel()
		_, err := withToken(t, "/missing", named, "https://b.example.com/")
		require.NoError(t, err)
	})
}

// A form has the credentials of its client, and no others.
func TestNoTokenWithAForm(t *testing.T) {
	t.Parallel()
	c := fetch.New(fetch.Config{
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			assert.Empty(t, r.Header.Values("Authorization"))
			return answering(200, "")(r)
		})},
		TokenFile: tokenFile(t, "token"), Named: []string{documentURL}, FetchTimeout: time.Second, Now: time.Now,
	})
	_, err := c.Post(t.Context(), target(), fetch.Form{})
	require.NoError(t, err)
}
