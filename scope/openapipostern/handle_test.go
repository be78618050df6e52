package openapipostern_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// TestService calls the service of a whole document.
func TestService(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	mux := service(t, issuer, read(t, photosYAML(t), photos))
	raw := issuer.Token
	reader, writer := raw(tokentest.Scope("photos:read")), raw(tokentest.Scope("photos:write"))
	machine := raw(tokentest.Scope("photos:write"), tokentest.ClientCredentials())
	admin := raw(tokentest.Scope("photos:read", "photos:admin"))
	expired := raw(tokentest.Scope("photos:read"), tokentest.ExpiresIn(-1e12))
	for _, c := range []struct{ method, path, raw, want string }{
		{"GET", "/v2/health", "", "200 health"},
		{"GET", "/v2/health", "not a token", "200 health"},
		{"GET", "/v2/photos", "", "401"},
		{"GET", "/v2/photos", reader, "200 listPhotos"},
		{"HEAD", "/v2/photos", reader, "200"},
		{"HEAD", "/v2/photos", writer, "403"},
		{"GET", "/v2/photos", writer, "403"},
		{"GET", "/v2/photos", expired, "401"},
		{"POST", "/v2/photos", reader, "403"},
		{"POST", "/v2/photos", writer, "200 addPhoto"},
		{"GET", "/v2/photos/7", reader, "200 getPhoto 7"},
		{"GET", "/v2/photos/7", raw(), "200 getPhoto 7"},
		{"GET", "/v2/photos/7", "", "401"},
		{"DELETE", "/v2/photos/7", reader, "403"},
		{"DELETE", "/v2/photos/7", writer, "200 deletePhoto 7"},
		{"DELETE", "/v2/photos/7", machine, "403"},
		{"GET", "/v2/photos/recent/", "", "200 recentPhotos"},
		{"GET", "/v2/photos/recent/", raw(), "200 recentPhotos"},
		{"GET", "/v2/photos/recent/", expired, "401"},
		{"GET", "/v2/photos/recent/x", "", "401"},
		{"POST", "/v2/albums/9/export", reader, "403"},
		{"POST", "/v2/albums/9/export", admin, "200 exportAlbum"},
		{"POST", "/v2/albums/9/export", raw(tokentest.Scope("albums:export")), "200 exportAlbum"},
		{"GET", "/v2/keys", "", "200 printerKeys"},
		{"GET", "/v2/elsewhere", "", "401"},
		{"GET", "/v2/elsewhere", admin, "403"},
		{"GET", "/photos", admin, "403"},
		{"POST", "/v2/photos/7", admin, "403"},
		{"PUT", "/v2/health", "", "401"},
		{"POST", "/v2/printed", admin, "403"},
	} {
		got := call(mux, c.method, c.path, c.raw)
		assert.Truef(t, strings.HasPrefix(got, c.want), "%s %s: %s, want %s", c.method, c.path, got, c.want)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	d := read(t, photosYAML(t), photos)
	for path, cfg := range map[string]*refusals.Config{
		"GET /v2/photos":           {Scopes: []string{"photos:read"}},
		"DELETE /v2/photos/7":      {Scopes: []string{"photos:write"}},
		"GET /v2/photos/recent/":   {Optional: true},
		"POST /v2/albums/1/export": {Scopes: []string{"albums:export"}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			method, target, _ := strings.Cut(path, " ")
			issuer := tokentest.NewIssuer(t, nil)
			mux := service(t, issuer, d)
			refusals.Test(t, issuer, tokentest.HTTPTarget(mux, func() *http.Request { return httptest.NewRequest(method, target, nil) }), cfg)
		})
	}
}

// TestHandle holds that handlers and operations must be the same.
func TestHandle(t *testing.T) {
	t.Parallel()
	d := read(t, photosYAML(t), photos)
	var noFunc http.HandlerFunc
	var noPointer *http.ServeMux
	for name, edit := range map[string]func(map[string]http.Handler){
		"none":                          func(h map[string]http.Handler) { clear(h) },
		"one missing":                   func(h map[string]http.Handler) { delete(h, "health") },
		"one more":                      func(h map[string]http.Handler) { h["healthy"] = named("healthy") },
		"by pattern":                    func(h map[string]http.Handler) { h["GET /v2/health"] = h["health"]; delete(h, "health") },
		"by pattern and name":           func(h map[string]http.Handler) { h["GET /v2/health"] = h["health"] },
		"of a callback":                 func(h map[string]http.Handler) { h["photoDone"] = named("photoDone") },
		"of a webhook":                  func(h map[string]http.Handler) { h["printed"] = named("printed") },
		"nil":                           func(h map[string]http.Handler) { h["health"] = nil },
		"a nil function":                func(h map[string]http.Handler) { h["health"] = noFunc },
		"a nil pointer":                 func(h map[string]http.Handler) { h["health"] = noPointer },
		"a name with a line break":      func(h map[string]http.Handler) { h["a\nb"] = named("a") },
		"a name that differs by letter": func(h map[string]http.Handler) { h["Health"] = h["health"]; delete(h, "health") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := handlers(d)
			edit(all)
			mux := newMux(t, tokentest.NewIssuer(t, nil))
			err := d.Handle(mux, all)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Empty(t, mux.Routes(), "nothing is registered")
			t.Log(err)
		})
	}
	require.ErrorIs(t, d.Handle(newMux(t, tokentest.NewIssuer(t, nil)), nil), token.ErrConfig)
	require.ErrorIs(t, d.Handle(nil, handlers(d)), token.ErrConfig)
}

// TestHandleBesides registers operations on a Mux that has routes already.
func TestHandleBesides(t *testing.T) {
	t.Parallel()
	d := read(t, photosYAML(t), photos)
	mux := newMux(t, tokentest.NewIssuer(t, nil))
	mux.Handle("GET /metrics", scope.Public, named("metrics"))
	require.NoError(t, d.Handle(mux, handlers(d)))
	require.ErrorIs(t, d.Table().Audit(mux.Posture()), token.ErrConfig, "a route that the document does not have")
	require.NoError(t, d.Table().Audit(mux.Posture().Except("GET /metrics")))
	require.ErrorIs(t, d.Handle(mux, handlers(d)), token.ErrConfig, "a second time")

	mux = newMux(t, tokentest.NewIssuer(t, nil))
	mux.Handle("GET /v2/{any}/7", scope.Public, named("any"))
	err := d.Handle(mux, handlers(d))
	require.ErrorIs(t, err, token.ErrConfig)
	assert.False(t, strings.Contains(err.Error(), "\n"))
}
