package middleware_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	photos   = "https://photos.example.com/v1"
	wellPath = "/.well-known/oauth-protected-resource/v1"
	atPhotos = "https://photos.example.com" + wellPath
)

// publishing is a guard of a resource that tells about itself.
func publishing(tb testing.TB, identifier string) *middleware.Middleware {
	tb.Helper()
	verifier, err := token.NewVerifier(tokentest.NewIssuer(tb, nil).Config("photos", identifier))
	require.NoError(tb, err)
	return publishingBy(verifier, identifier)
}

func publishingBy(auth token.Authenticator, identifier string) *middleware.Middleware {
	return middleware.New(auth, &middleware.Config{Resource: scope.Resource{Identifier: identifier, PublishesMetadata: true, ChallengeScopes: true}})
}

// ask makes a call without a token.
func ask(h http.Handler, method, target string, fields ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return serve(h, r)
}

// documentOf is the document that a handler serves.
func documentOf(tb testing.TB, h http.Handler, target string) map[string]any {
	tb.Helper()
	resp := ask(h, http.MethodGet, target)
	require.Equal(tb, http.StatusOK, resp.StatusCode)
	var document map[string]any
	require.NoError(tb, json.Unmarshal([]byte(body(tb, resp)), &document))
	return document
}

// How the document is served, by a Mux and as a handler for other routers.
func TestMetadataIsServed(t *testing.T) {
	t.Parallel()
	m := publishing(t, photos)
	mux := m.NewMux()
	mux.HandleMetadata(nil)
	mux.Handle("GET /photos", scope.All("photos:read"), subject)
	require.NoError(t, mux.Audit())
	described, err := m.Describe(nil, scope.All("photos:read"))
	require.NoError(t, err)
	assert.Equal(t, atPhotos, described.URL())
	assert.Equal(t, wellPath, described.Path())
	text, err := described.JSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"resource":"`+photos+`","authorization_servers":["https://issuer.test"],"scopes_supported":["photos:read"],"bearer_methods_supported":["header"]}`, string(text))

	for how, h := range map[string]http.Handler{
		"Mux": mux, "handler": described, "behind RequireDecision": m.RequireDecision(described),
		"table": middleware.ServeMetadata(described),
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cached := http.Header{"Access-Control-Allow-Origin": {"*"}, "Cache-Control": {"max-age=3600"}}
			got := ask(h, http.MethodGet, atPhotos)
			cached.Set("ETag", got.Header.Get("ETag"))
			full := cached.Clone()
			full.Set("Content-Type", "application/json")
			full.Set("Content-Length", strconv.Itoa(len(text)))

			t.Run("C_9728-3.2-1 C_9728-3-2 C_9728-2-1 GET", func(t *testing.T) {
				assert.Equal(t, http.StatusOK, got.StatusCode)
				assert.Equal(t, full, got.Header)
				assert.Equal(t, string(text), body(t, got))
				assert.Regexp(t, `^"[\w-]{22}"$`, got.Header.Get("ETag"))
			})
			t.Run("C_9728-3-2 a bad token does not matter", func(t *testing.T) {
				assert.Equal(t, http.StatusOK, ask(h, http.MethodGet, atPhotos, "Authorization", "Bearer x, Bearer y", "Origin", "https://evil.example").StatusCode)
			})
			t.Run("C_9728-3.2-1 HEAD", func(t *testing.T) {
				got := ask(h, http.MethodHead, atPhotos)
				assert.Equal(t, http.StatusOK, got.StatusCode)
				assert.Equal(t, full, got.Header)
				assert.Empty(t, body(t, got))
			})
			for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"} {
				t.Run("C_9728-3.2-1 "+method, func(t *testing.T) {
					got := ask(h, method, atPhotos)
					assert.Equal(t, http.StatusMethodNotAllowed, got.StatusCode)
					assert.Equal(t, "GET, HEAD, OPTIONS", got.Header.Get("Allow"))
					assert.Empty(t, body(t, got))
				})
			}
			t.Run("preflight", func(t *testing.T) {
				got := ask(h, http.MethodOptions, atPhotos, "Origin", "https://app.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "mcp-protocol-version")
				assert.Equal(t, http.StatusNoContent, got.StatusCode)
				assert.Equal(t, http.Header{
					"Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Methods": {"GET, HEAD"}, "Access-Control-Allow-Headers": {"*"}, "Access-Control-Max-Age": {"3600"},
					"Allow": {"GET, HEAD, OPTIONS"},
				}, got.Header)
			})
			for _, fields := range [][]string{{full.Get("ETag")}, {`"x", W/` + full.Get("ETag")}, {"*"}} {
				t.Run("held already "+fields[0], func(t *testing.T) {
					got := ask(h, http.MethodGet, atPhotos, "If-None-Match", fields[0])
					assert.Equal(t, http.StatusNotModified, got.StatusCode)
					assert.Equal(t, cached, got.Header)
					assert.Empty(t, body(t, got))
				})
			}
			t.Run("another is held", func(t *testing.T) {
				assert.Equal(t, http.StatusOK, ask(h, http.MethodGet, atPhotos, "If-None-Match", `"x", `+strings.Trim(full.Get("ETag"), `"`)).StatusCode)
			})
			t.Run("another path or query", func(t *testing.T) {
				for _, target := range []string{"", "/", "2", "/x", "?a", "?"} {
					got := ask(h, http.MethodGet, atPhotos+target)
					if target == "?" {
						assert.Equal(t, http.StatusOK, got.StatusCode, "an empty query counts as absent")
						continue
					}
					assert.Equal(t, target == "", got.StatusCode == http.StatusOK, target)
				}
			})
		})
	}
	t.Run("C_9728-5.1-1 C_MCP-2 challenges point to it", func(t *testing.T) {
		t.Parallel()
		assertRefused(t, ask(mux, http.MethodGet, "https://photos.example.com/photos"), 401, `Bearer realm="api", scope="photos:read", resource_metadata="`+atPhotos+`"`)
		assertRefused(t, ask(mux, http.MethodGet, "https://photos.example.com/absent"), 401, `Bearer realm="api", resource_metadata="`+atPhotos+`"`)
		assertRefused(t, ask(mux, http.MethodGet, "https://photos.example.com/.well-known/oauth-protected-resource"), 401, `Bearer realm="api", resource_metadata="`+atPhotos+`"`)
		assert.Equal(t, atPhotos, mux.Posture().Metadata)
	})
}

// Where the document is, for identifiers of all forms.
func TestMetadataPaths(t *testing.T) {
	t.Parallel()
	for identifier, at := range map[string]string{
		"https://photos.example.com":                  "/.well-known/oauth-protected-resource",
		"https://photos.example.com/":                 "/.well-known/oauth-protected-resource",
		"https://photos.example.com/a/":               "/.well-known/oauth-protected-resource/a/",
		"https://photos.example.com/a?k=v":            "/.well-known/oauth-protected-resource/a?k=v",
		"https://photos.example.com?k=v":              "/.well-known/oauth-protected-resource?k=v",
		"https://photos.example.com/a%2Fb/%7Bid%7D/$": "/.well-known/oauth-protected-resource/a%2Fb/%7Bid%7D/$",
		"https://photos.example.com/caf%C3%A9/it's":   "/.well-known/oauth-protected-resource/caf%C3%A9/it's",
		"http://localhost:8080/mcp":                   "/.well-known/oauth-protected-resource/mcp",
	} {
		t.Run("C_9728-3-1 "+identifier, func(t *testing.T) {
			t.Parallel()
			m := publishing(t, identifier)
			mux := m.NewMux()
			described := mux.HandleMetadata(nil)
			for how, h := range map[string]http.Handler{"Mux": mux, "handler": described, "table": middleware.ServeMetadata(described)} {
				assert.Equal(t, identifier, documentOf(t, h, described.URL())["resource"], how)
				for _, other := range []string{at + "x", at + "/x", at + "&x", "/" + at, strings.TrimSuffix(at, "?k=v") + "?k=w", strings.ReplaceAll(at, "%2F", "/") + "z"} {
					assert.NotEqual(t, http.StatusOK, ask(h, http.MethodGet, "http://"+hostOf(described)+other).StatusCode, "%s of %s", other, how)
				}
			}
			assert.True(t, strings.HasSuffix(described.URL(), at), described.URL())
			assert.Equal(t, described.Pattern(), mux.Routes()[0].Pattern)
			assert.Empty(t, mux.Posture().Except(described.Pattern()).Rules)
			require.NoError(t, mux.Audit())
			assert.Equal(t, http.StatusUnauthorized, ask(mux, http.MethodGet, described.Path()+"x").StatusCode, "no route is below it")
		})
	}
}

func hostOf(d *middleware.Description) string {
	_, rest, _ := strings.Cut(d.URL(), "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// The host that a caller names is never part of an answer, and where there is
// one document it changes nothing.
func TestMetadataOfForgedHost(t *testing.T) {
	t.Parallel()
	mux := publishing(t, photos).NewMux()
	described := mux.HandleMetadata(nil)
	honest := body(t, ask(mux, http.MethodGet, atPhotos))
	for _, host := range []string{"evil.example", "photos.example.com.evil.example", "", "photos.example.com:1", "evil.example@photos.example.com", `a"b`} {
		r := httptest.NewRequest(http.MethodGet, wellPath, nil)
		r.Host = host
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("Forwarded", "host=evil.example;proto=http")
		resp := serve(mux, r)
		assert.Equal(t, http.StatusOK, resp.StatusCode, host)
		assert.Equal(t, honest, body(t, resp), host)

		resp = serve(middleware.ServeMetadata(described), r)
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, host)
		assert.Equal(t, http.Header{"Access-Control-Allow-Origin": {"*"}, "Content-Length": {"0"}}, resp.Header)
		assert.Empty(t, body(t, resp))
	}
}

// Several resources of one process each have a document of their own.
func TestServeMetadata(t *testing.T) {
	t.Parallel()
	var documents []*middleware.Description
	targets := map[string]string{ // identifier: where else it is found
		"https://a.example":           "https://A.Example.:443/.well-known/oauth-protected-resource",
		"https://a.example/x":         "http://a.example/.well-known/oauth-protected-resource/x",
		"https://a.example/x?tenant":  "https://a.example:443/.well-known/oauth-protected-resource/x?tenant",
		"https://B.example:8443/x":    "https://b.EXAMPLE:8443/.well-known/oauth-protected-resource/x",
		"http://127.0.0.1:80/x":       "http://127.0.0.1/.well-known/oauth-protected-resource/x",
		"https://[2001:db8::1]:443/x": "https://[2001:db8::1]/.well-known/oauth-protected-resource/x",
	}
	for identifier := range targets {
		d, err := publishing(t, identifier).Describe(nil)
		require.NoError(t, err)
		documents = append(documents, d)
	}
	h := middleware.ServeMetadata(documents...)
	for identifier, target := range targets {
		own, err := scope.MetadataURL(identifier)
		require.NoError(t, err)
		assert.Equal(t, identifier, documentOf(t, h, own)["resource"])
		assert.Equal(t, identifier, documentOf(t, h, target)["resource"])
	}
	for _, target := range []string{
		"https://b.example/.well-known/oauth-protected-resource/x", "https://a.example:8443/.well-known/oauth-protected-resource/x", "https://a.example/.well-known/oauth-protected-resource/y",
		"https://a.example/.well-known/oauth-protected-resource/x?tenant=1", "https://a.example/x", "https://c.example/.well-known/oauth-protected-resource",
		"http://a.example:80/.well-known/oauth-protected-resource/x",
	} {
		assert.Equal(t, http.StatusNotFound, ask(h, http.MethodGet, target).StatusCode, target)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, ask(h, http.MethodPost, documents[0].URL()).StatusCode)
	assertConfigPanic(t, func() { middleware.ServeMetadata(documents[0], documents[0]) })
	assertConfigPanic(t, func() { middleware.ServeMetadata(nil) })
	assertConfigPanic(t, func() { middleware.ServeMetadata(new(middleware.Description)) })
	var none *middleware.Description
	assert.Equal(t, http.StatusNotFound, ask(none, http.MethodGet, documents[0].URL()).StatusCode)
	assert.Equal(t, http.StatusNotFound, ask(new(middleware.Description), http.MethodGet, documents[0].URL()).StatusCode)
	_, err := new(middleware.Description).JSON()
	require.ErrorIs(t, err, token.ErrConfig)
}

func assertConfigPanic(tb testing.TB, f func()) {
	tb.Helper()
	defer func() {
		tb.Helper()
		err, _ := recover().(error)
		assert.ErrorIs(tb, err, token.ErrConfig)
	}()
	f()
}

func TestMetadataMaxAge(t *testing.T) {
	t.Parallel()
	m := publishing(t, photos)
	for age, want := range map[time.Duration]string{
		0: "max-age=3600", time.Minute: "max-age=60", 1500 * time.Millisecond: "max-age=1", time.Millisecond: "max-age=0", -1: "no-store",
	} {
		d, err := m.Describe(&middleware.Metadata{MaxAge: age})
		require.NoError(t, err)
		assert.Equal(t, want, ask(d, http.MethodGet, atPhotos).Header.Get("Cache-Control"))
	}
}

// A route that gets the requests for the document keeps clients from reading it.
func TestMetadataBehindAnotherRoute(t *testing.T) {
	t.Parallel()
	for pattern, served := range map[string]bool{
		"/": true, "other.example.com/": true, "POST photos.example.com/": true, "photos.example.com/photos/": true,
		"photos.example.com/": false, "Photos.Example.com./": false, "GET photos.example.com/{all...}": false,
		"photos.example.com/.well-known/": false, "GET " + wellPath: false,
	} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			mux := publishing(t, photos).NewMux()
			d := mux.HandleMetadata(nil)
			mux.HandleFunc(pattern, scope.All("photos:read"), func(http.ResponseWriter, *http.Request) {})
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, d.URL(), nil))
			if served {
				assert.Equal(t, http.StatusOK, w.Code)
				require.NoError(t, mux.Audit())
				return
			}
			assert.Equal(t, http.StatusUnauthorized, w.Code)
			require.ErrorIs(t, mux.Audit(), token.ErrConfig)
			if !strings.Contains(pattern, wellPath) {
				mux.Handle("GET photos.example.com"+d.Path(), scope.Public, d)
				require.NoError(t, mux.Audit())
			}
		})
	}
	elsewhere := middleware.New(issuerAt(t, "https://a.example", audience(photos)), &middleware.Config{
		Resource: scope.Resource{Identifier: photos, PublishesMetadata: true}, MetadataElsewhere: true,
	}).NewMux()
	elsewhere.HandleMetadata(nil)
	elsewhere.HandleFunc("photos.example.com/", scope.Public, func(http.ResponseWriter, *http.Request) {})
	require.NoError(t, elsewhere.Audit())
}

// What counts is that everyone gets the document of this resource.
func TestMetadataOfDescribe(t *testing.T) {
	t.Parallel()
	m := publishing(t, photos)
	d, err := m.Describe(nil)
	require.NoError(t, err)
	other, err := publishing(t, photos).Describe(nil)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		policy scope.Policy
		of     *middleware.Description
		ok     bool
	}{
		"public":               {scope.Public, d, true},
		"not public":           {scope.Authenticated, d, false},
		"optional":             {scope.Optional, d, false},
		"of another guard":     {scope.Public, other, false},
		"nil, of no guard yet": {scope.Public, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := m.NewMux()
			mux.Handle(d.Path(), row.policy, row.of)
			if row.ok {
				require.NoError(t, mux.Audit())
			} else {
				require.ErrorIs(t, mux.Audit(), token.ErrConfig)
			}
		})
	}
}

// Challenges and the document belong together.
func TestMetadataBelongsToChallenges(t *testing.T) {
	t.Parallel()
	m := publishing(t, photos)
	require.ErrorIs(t, m.NewMux().Audit(), token.ErrConfig)
	twice := m.NewMux()
	twice.HandleMetadata(nil)
	require.NoError(t, twice.Audit())
	assertConfigPanic(t, func() { twice.HandleMetadata(nil) })

	elsewhere := &middleware.Config{Resource: scope.Resource{Identifier: photos, PublishesMetadata: true}, MetadataElsewhere: true}
	require.NoError(t, middleware.New(says(nil, nil), elsewhere).NewMux().Audit())
	require.ErrorIs(t, middleware.New(issuerAt(t, "https://a.example", audience("x")), elsewhere).NewMux().Audit(), token.ErrConfig)
	require.ErrorIs(t, (&middleware.Config{MetadataElsewhere: true}).Validate(), token.ErrConfig)

	for _, about := range []scope.Resource{{Identifier: photos}, {Identifier: photos, Metadata: metadataURL}} {
		silent := middleware.New(issuerAt(t, "https://a.example", nil), &middleware.Config{Resource: about})
		require.NoError(t, silent.NewMux().Audit())
		_, err := silent.Describe(nil)
		require.ErrorIs(t, err, token.ErrConfig)
		assertConfigPanic(t, func() { silent.NewMux().HandleMetadata(nil) })
	}
}
