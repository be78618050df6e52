package tokentest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// The patterns of routers become requests that these routers take to the route.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for pattern, row := range map[string]struct {
		route tokentest.Route
		url   string
	}{
		"GET /orders":                      {tokentest.Route{Method: "GET", Path: "/orders"}, "GET example.com/orders"},
		"/orders":                          {tokentest.Route{Path: "/orders"}, "GET example.com/orders"},
		"POST api.example.com/orders":      {tokentest.Route{Method: "POST", Host: "api.example.com", Path: "/orders"}, "POST api.example.com/orders"},
		"GET /orders/{id}/lines/{line}":    {tokentest.Route{Method: "GET", Path: "/orders/{id}/lines/{line}"}, "GET example.com/orders/1/lines/1"},
		"/files/{path...}":                 {tokentest.Route{Path: "/files/{path...}"}, "GET example.com/files/1"},
		"/orders/{$}":                      {tokentest.Route{Path: "/orders/{$}"}, "GET example.com/orders/"},
		"/o/{id:[0-9]{1,4}}.{ext:a|b}/end": {tokentest.Route{Path: "/o/{id:[0-9]{1,4}}.{ext:a|b}/end"}, "GET example.com/o/1.1/end"},
		"PUT /users/:id/files/*path":       {tokentest.Route{Method: "PUT", Path: "/users/:id/files/*path"}, "PUT example.com/users/1/files/1"},
		"/mounted/*":                       {tokentest.Route{Path: "/mounted/*"}, "GET example.com/mounted/1"},
		"/a%2Fb":                           {tokentest.Route{Path: "/a%2Fb"}, "GET example.com/a%2Fb"},
		"/é":                               {tokentest.Route{Path: "/é"}, "GET example.com/%C3%A9"},
		"/bad%zz}":                         {tokentest.Route{Path: "/bad%zz}"}, "GET example.com/bad%25zz%7D"},
		"":                                 {tokentest.Route{}, "GET example.com/"},
	} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			route := tokentest.ParseRoute(pattern)
			assert.Equal(t, row.route, route)
			assert.Equal(t, pattern, route.String())
			r := route.Request()
			assert.Equal(t, row.url, r.Method+" "+r.Host+r.URL.RequestURI())
			assert.Equal(t, r.URL.RequestURI(), r.RequestURI)
			assert.Empty(t, r.Header)
		})
	}
}

// Whatever an open handler does, it is found, and no handler holds the test up.
func TestOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		open := map[string]http.HandlerFunc{
			"/nothing":  func(http.ResponseWriter, *http.Request) {},
			"/bytes":    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a secret") },
			"/missing":  http.NotFound,
			"/fails":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
			"/panics":   func(http.ResponseWriter, *http.Request) { panic("no token") },
			"/flushes":  func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); w.WriteHeader(401) },
			"/upgrades": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(101); w.WriteHeader(401) },
			"/{id}/events": func(w http.ResponseWriter, r *http.Request) {
				for _, err := w.Write(nil); err == nil; _, err = w.Write(nil) {
					time.Sleep(time.Second)
				}
				<-r.Context().Done()
			},
		}
		refused := map[string]http.HandlerFunc{
			"/guarded": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
			"/hints": func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, "sign in")
			},
		}
		mux := http.NewServeMux()
		var want, all []tokentest.Route
		for pattern, h := range open {
			mux.Handle(pattern, h)
			want = append(want, tokentest.ParseRoute(pattern))
		}
		for pattern, h := range refused {
			mux.Handle(pattern, h)
			all = append(all, tokentest.ParseRoute(pattern))
		}
		all = append(all, want...)
		assert.Equal(t, want, tokentest.Open(t.Context(), mux, all...))
		assert.Equal(t, all[:1], tokentest.Open(t.Context(), http.NotFoundHandler(), all[0]), "what is not to be reached is not taken for guarded")
	})
}

// Which routes of a service are open to everyone, as a test would compare it.
func ExampleOpen() {
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	if err != nil {
		panic(err)
	}
	auth := middleware.New(verifier, nil)
	show := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })

	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", auth.Require(scope.All("orders:read"))(show))
	mux.Handle("GET /healthz", auth.Require(scope.Public)(show))
	mux.Handle("GET /debug/vars", show) // forgotten

	fmt.Println(tokentest.Open(t.Context(), mux,
		tokentest.ParseRoute("GET /orders/{id}"),
		tokentest.ParseRoute("GET /healthz"),
		tokentest.ParseRoute("GET /debug/vars")))
	// Output: [GET /healthz GET /debug/vars]
}
