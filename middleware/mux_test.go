package middleware_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func newMux(w world) *middleware.Mux {
	mux := w.auth.NewMux()
	mux.Handle("GET /orders/{id}", scope.All("orders:read"), subject)
	mux.Handle("POST /orders", scope.All("orders:write"), subject)
	mux.HandleFunc("GET /news", scope.Optional, subject)
	mux.HandleFunc("GET /healthz", scope.Public, subject)
	mux.HandleFunc("/admin/", scope.All("admin"), subject)
	mux.HandleFunc("/docs/", scope.Public, subject)
	mux.HandleFunc("GET other.example.com/healthz", scope.Authenticated, subject)
	return mux
}

// TestMux holds routes against their policies, and everything else against
// none: a caller cannot tell from the answer what is there.
func TestMux(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mux := newMux(w)
	const (
		none   = ""
		good   = "orders:read"
		admins = "admin"
	)
	for _, row := range []struct {
		name   string
		method string
		target string
		grant  string // none: no token
		status int
		body   string
	}{
		{"registered", "GET", "/orders/7", good, 200, "alice"},
		{"registered for GET serves HEAD", "HEAD", "/orders/7", good, 200, "alice"},
		{"registered, no token", "GET", "/orders/7", none, 401, ""},
		{"registered, not enough", "POST", "/orders", good, 403, ""},
		{"optional", "GET", "/news", none, 200, "nobody"},
		{"public", "GET", "/healthz", none, 200, "nobody"},
		{"the same path of another host", "GET", "http://other.example.com/healthz", none, 401, ""},
		{"the same path of another host, good", "GET", "http://other.example.com/healthz", good, 200, "alice"},

		{"C_GRPC-14 not registered, no token", "GET", "/absent", none, 401, ""},
		{"C_GRPC-14 not registered, good", "GET", "/absent", good, 403, ""},
		{"root, no token", "GET", "/", none, 401, ""},
		{"root, good", "GET", "/", good, 403, ""},
		{"another method, no token", "DELETE", "/orders", none, 401, ""},
		{"another method, good", "DELETE", "/orders", good, 403, ""},
		{"another method on a public path, no token", "POST", "/healthz", none, 401, ""},
		{"case matters", "GET", "/HEALTHZ", none, 401, ""},
		{"CONNECT, no token", "CONNECT", "http://example.com/healthz", none, 401, ""},
		{"CONNECT, good", "CONNECT", "http://example.com/healthz", good, 403, ""},

		{"redirect to a subtree, no token", "GET", "/admin", none, 401, ""},
		{"redirect to a subtree, not enough", "GET", "/admin", good, 403, ""},
		{"redirect to a subtree, enough", "GET", "/admin", admins, moved, ""},
		{"redirect to a public subtree", "GET", "/docs", none, moved, ""},
		{"redirect to the clean path, no token", "GET", "//orders/../orders/7", none, 401, ""},
		{"redirect to the clean path, good", "GET", "//orders/7", good, moved, ""},
		{"redirect to a clean public path", "GET", "//healthz", none, moved, ""},
		{"a clean path that is not registered, no token", "GET", "/x/../absent", none, 401, ""},
		{"a clean path that is not registered, good", "GET", "/x/../absent", good, 403, ""},
		{"CONNECT to a subtree, no token", "CONNECT", "http://example.com/admin", none, 401, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(row.method, row.target, nil)
			if row.grant != none {
				r.Header.Set("Authorization", "Bearer "+w.Token(tokentest.Scope(row.grant)))
			}
			resp := serve(mux, r)
			switch row.status {
			case 200:
				assert.Equal(t, 200, resp.StatusCode)
				assert.Equal(t, row.body, body(t, resp))
			case 401:
				assertRefused(t, resp, 401, plain)
			default:
				assert.Equal(t, row.status, resp.StatusCode)
				assert.Empty(t, resp.Header["Allow"])
			}
		})
	}
}

// moved is the status by which http.ServeMux redirects: 301 up to Go 1.25, and
// 307 from Go 1.26 on.
var moved = func() int {
	mux := http.NewServeMux()
	mux.Handle("/docs/", nothing)
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/docs", nil))
	return answer.Code
}()

func TestMux_asteriskForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := httptest.NewRequest(http.MethodOptions, "*", nil)
	assertRefused(t, serve(newMux(w), r), 401, plain)
	r.Header.Set("Authorization", "Bearer "+w.Token())
	assertRefused(t, serve(newMux(w), r), 403)
}

// Registering "/" is how a service says that it has an answer of its own for
// everything else.
func TestMux_catchAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mux := newMux(w)
	mux.HandleFunc("/", scope.Public, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) })
	assert.Equal(t, 404, serve(mux, at(request(), "/absent")).StatusCode)
	assertRefused(t, serve(mux, at(request(), "/orders/7")), 401, plain)
}

// The handler gets the server's own ResponseWriter, with all that it can do.
func TestMux_responseWriterIsNotWrapped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mux := w.auth.NewMux()
	var got http.ResponseWriter
	mux.HandleFunc("/", scope.Public, func(rw http.ResponseWriter, r *http.Request) {
		got = rw
		_, _ = io.WriteString(rw, r.PathValue("id"))
	})
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, request())
	assert.Same(t, rec, got)
}

func TestMux_pathValues(t *testing.T) {
	t.Parallel()
	mux := newWorld(t).auth.NewMux()
	mux.HandleFunc("GET /orders/{id}", scope.Public, func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(rw, r.PathValue("id")+" "+r.Pattern)
	})
	assert.Equal(t, "7 GET /orders/{id}", body(t, serve(mux, at(request(), "/orders/7"))))
}

func TestMux_String(t *testing.T) {
	t.Parallel()
	assert.Equal(t, ""+
		"GET /orders/{id}               all(orders:read)\n"+
		"POST /orders                   all(orders:write)\n"+
		"GET /news                      optional\n"+
		"GET /healthz                   public\n"+
		"/admin/                        all(admin)\n"+
		"/docs/                         public\n"+
		"GET other.example.com/healthz  authenticated\n"+
		"(anything else)                refused\n", newMux(newWorld(t)).String())
}

// A rehearsal is the first thing that the table of a service says.
func TestMux_String_ofARehearsal(t *testing.T) {
	t.Parallel()
	trace := &scope.Trace{Allowed: func(context.Context, scope.Decision) {}}
	mux := newWorldWith(t, &middleware.Config{Rehearsal: true, Trace: trace}).auth.NewMux()
	mux.Handle("/x", scope.User, subject)
	assert.Equal(t, "REHEARSAL: no call is refused\n/x               user\n(anything else)  refused\n", mux.String())
}

func TestMux_Routes(t *testing.T) {
	t.Parallel()
	mux := newMux(newWorld(t))
	routes := mux.Routes()
	assert.Len(t, routes, 7)
	assert.Equal(t, "GET /orders/{id}", routes[0].Pattern)
	assert.Equal(t, "all(orders:read)", routes[0].Policy.String())
	routes[0] = middleware.Route{}
	assert.Equal(t, "GET /orders/{id}", mux.Routes()[0].Pattern)
}

// A pattern that http.ServeMux refuses leaves nothing behind.
func TestMux_badPatterns(t *testing.T) {
	t.Parallel()
	mux := newMux(newWorld(t))
	for _, pattern := range []string{"", "GET", "/{", "GET /orders/{name}"} {
		assert.ErrorIs(t, recovered(func() { mux.Handle(pattern, scope.Public, subject) }), token.ErrConfig, pattern)
	}
	assert.Len(t, mux.Routes(), 7)
}

func TestMux_oneDecisionPerCall(t *testing.T) {
	t.Parallel()
	calls := 0
	verified := newWorld(t).verified(t)
	auth := middleware.New(judge(func(context.Context, token.Presentation) (*token.Token, error) {
		calls++
		return verified, nil
	}), nil)
	mux := auth.NewMux()
	mux.Handle("/docs/", scope.Authenticated, subject)
	for n, path := range []string{"/docs/", "/docs", "/absent", "//docs/"} {
		serve(mux, at(request("Bearer x"), path))
		assert.Equal(t, n+1, calls, path)
	}
}

func TestMux_concurrentRegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mux := w.auth.NewMux()
	var wg sync.WaitGroup
	for _, path := range []string{"/a", "/b", "/c", "/d"} {
		wg.Go(func() {
			mux.Handle(path, scope.Public, subject)
			_ = mux.String()
		})
		wg.Go(func() { serve(mux, at(request(), path)) })
	}
	wg.Wait()
	assert.Len(t, mux.Routes(), 4)
}
