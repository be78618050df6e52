package jwks_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	origin, err := url.Parse(issuerURL)
	require.NoError(t, err)
	jar.SetCookies(origin, []*http.Cookie{{Name: "session", Value: "secret"}})
	given := &http.Client{Transport: s, Jar: jar}
	r := newRemote(t, s, func(c *jwks.RemoteConfig) {
		discovering(issuerURL)(c)
		c.HTTPClient = given
	})
	requireKey(t, r, k)
	metadata, keys := s.seen()[0].header, s.seen()[1].header
	assert.Equal(t, "application/json", metadata.Get("Accept"))
	assert.Equal(t, "application/jwk-set+json, application/json", keys.Get("Accept"), "C_7517-8.5-1")
	for _, h := range []http.Header{metadata, keys} {
		assert.Equal(t, "identity", h.Get("Accept-Encoding"))
		assert.Empty(t, h.Get("Cookie"), "C_8725-3.10-1 no cookies")
		assert.Empty(t, h.Get("Authorization"))
		assert.Empty(t, h.Get("If-None-Match"))
	}
	assert.NotNil(t, given.Jar, "the client given stays as it was")
	assert.Nil(t, given.CheckRedirect)
}

func TestC_7517_8_5_1(t *testing.T) {
	t.Parallel()
	for _, media := range []string{"", "application/jwk-set+json", "application/json;charset=utf-8", "text/plain", "text/html"} {
		t.Run("C_7517-8.5-1 "+media, func(t *testing.T) {
			t.Parallel()
			s, k := newServer(), ecKey("k")
			s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"Content-Type": media}})
			requireKey(t, newRemote(t, s, nil), k)
		})
	}
	t.Run("identity said aloud", func(t *testing.T) {
		t.Parallel()
		s, k := newServer(), ecKey("k")
		s.serve(keysURL, reply{body: setOf(k), header: map[string]string{"Content-Encoding": "identity"}})
		requireKey(t, newRemote(t, s, nil), k)
	})
}

func TestC_9111_red_1(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"http://as.example.com/moved", "https://127.0.0.1/keys", "https://as.example.com/moved", "/moved"} {
		t.Run("C_9111-red-1 "+location, func(t *testing.T) {
			t.Parallel()
			s := newServer()
			s.serve(keysURL, reply{status: 302, header: map[string]string{"Location": location}})
			s.serve("https://as.example.com/moved", reply{body: setOf(ecKey("k"))})
			r := newRemote(t, s, func(c *jwks.RemoteConfig) {
				c.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
			})
			requireErr(t, r, "k", jwks.ErrStatus)
			require.Equal(t, []string{keysURL}, urls(s.seen()))
		})
	}
}

func TestFetchTimeout(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T, s *server, edit func(*jwks.RemoteConfig)) time.Duration {
		r := newRemote(t, s, edit)
		start := time.Now()
		requireErr(t, r, "k", jwks.ErrTimeout)
		return time.Since(start)
	}
	t.Run("configured", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, reply{hang: true})
			took := begin(t, s, func(c *jwks.RemoteConfig) { c.FetchTimeout = time.Second })
			assert.Equal(t, time.Second, took)
		})
	})
	t.Run("of the client given, if that is shorter", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, reply{hang: true})
			took := begin(t, s, func(c *jwks.RemoteConfig) { c.HTTPClient.Timeout = 2 * time.Second })
			assert.Equal(t, 2*time.Second, took)
		})
	})
	t.Run("metadata and keys together", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL), delay: 4 * time.Second})
			s.serve(keysURL, reply{hang: true})
			assert.Equal(t, 9*time.Second, begin(t, s, discovering(issuerURL)))
		})
	})
	t.Run("places of metadata that are all slow", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			const issuer = issuerURL + "/t1"
			s := newServer()
			for _, place := range []string{"/.well-known/oauth-authorization-server/t1", "/.well-known/openid-configuration/t1", "/t1/.well-known/openid-configuration"} {
				s.serve(issuerURL+place, reply{status: 404, delay: 4 * time.Second})
			}
			assert.Equal(t, 10*time.Second, begin(t, s, discovering(issuer)))
		})
	})
	t.Run("context errors of the transport are not those of the caller", func(t *testing.T) {
		t.Parallel()
		for _, foreign := range []error{context.Canceled, context.DeadlineExceeded} {
			s := newServer()
			s.serve(keysURL, reply{err: foreign})
			_, err := newRemote(t, s, nil).Keys(t.Context(), "k")
			require.ErrorIs(t, err, jwks.ErrUnavailable)
			require.NotErrorIs(t, err, foreign)
		}
	})
}

// A cache before the issuer may not have the key that a call asks for, while a
// refresh may take what it has.
func TestFetchForAnUnknownKeyAsksCachesToRevalidate(t *testing.T) {
	t.Parallel()
	for name, discovered := range map[string]bool{"URLs": false, "discovered": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, k, next := newServer(), ecKey("k"), ecKey("next")
				s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
				s.on(keysURL, func(r *http.Request) reply { // a cache that is behind
					if r.Header.Get("Cache-Control") == "no-cache" {
						return reply{body: setOf(k, next)}
					}
					return reply{body: setOf(k), header: map[string]string{"Age": "300", "ETag": `"old"`}}
				})
				r := newRemote(t, s, func(c *jwks.RemoteConfig) {
					if discovered {
						discovering(issuerURL)(c)
					}
				})
				requireKey(t, r, k)
				requireKey(t, r, next)
				time.Sleep(time.Hour)
				require.NoError(t, r.Ready(t.Context()))
				var asked []string
				for _, q := range s.seen(keysURL) {
					asked = append(asked, q.header.Get("Cache-Control"))
				}
				require.Equal(t, []string{"", "no-cache", ""}, asked)
			})
		})
	}
}

// The validators of a 304 replace those of the answer that it confirms, and one
// that no honest issuer sends is not sent back.
func TestValidators(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		etag := func(n int) string { return `"` + strings.Repeat("e", n-2) + `"` }
		answers := []reply{
			{body: setOf(k), header: map[string]string{"ETag": etag(1024), "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}},
			{status: 304, header: map[string]string{"Last-Modified": "Tue, 02 Jan 2024 00:00:00 GMT"}},
			{status: 304, header: map[string]string{"ETag": `"new"`}},
			{body: setOf(k), header: map[string]string{"ETag": etag(1025)}},
			{body: setOf(k)},
		}
		asked := 0
		s.on(keysURL, func(*http.Request) reply { asked++; return answers[asked-1] })
		r := newRemote(t, s, nil)
		want := [][2]string{
			{"", ""}, {etag(1024), "Mon, 01 Jan 2024 00:00:00 GMT"}, {etag(1024), "Tue, 02 Jan 2024 00:00:00 GMT"},
			{`"new"`, "Tue, 02 Jan 2024 00:00:00 GMT"}, {"", ""},
		}
		for i, w := range want {
			requireKey(t, r, k)
			header := s.last().header
			require.Equal(t, w, [2]string{header.Get("If-None-Match"), header.Get("If-Modified-Since")}, "request %d", i)
			time.Sleep(16 * time.Minute)
		}
	})
}
