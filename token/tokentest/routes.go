package tokentest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
)

// Route is a route of a service under test, as its router lists it.
type Route struct {
	// Method is the HTTP method. Empty means GET.
	Method string
	// Host is the host of the route. Empty means any.
	Host string
	// Path may have wildcards, in the notations of the routers that are in wide
	// use: {id}, {id:[0-9]+}, {path...}, {$}, :id, *path and *.
	Path string
}

// ParseRoute reads a pattern of http.ServeMux, [METHOD ][HOST]/[PATH], such as
// those of Mux.Routes of package middleware.
func ParseRoute(pattern string) Route {
	var r Route
	if method, rest, ok := strings.Cut(pattern, " "); ok {
		r.Method, pattern = method, strings.TrimLeft(rest, " \t")
	}
	if slash := strings.IndexByte(pattern, '/'); slash >= 0 {
		r.Host, pattern = pattern[:slash], pattern[slash:]
	}
	r.Path = pattern
	return r
}

// String is the pattern that ParseRoute reads.
func (r Route) String() string {
	return strings.TrimLeft(r.Method+" "+r.Host+r.Path, " ")
}

// Request makes a request for the route, without credentials. Each wildcard of
// its path becomes 1, apart from {$}, which stands for nothing. If the router
// wants another value, give the Route a path without that wildcard.
func (r Route) Request() *http.Request {
	path := fill(r.Path)
	u, err := url.Parse(path)
	if err != nil {
		u = &url.URL{Path: path}
	}
	req := httptest.NewRequest(cmp.Or(r.Method, http.MethodGet), "/", nil)
	req.URL, req.RequestURI = u, u.RequestURI()
	req.Host = cmp.Or(r.Host, req.Host)
	return req
}

// ofColon are wildcards without braces. They are whole segments.
var ofColon = regexp.MustCompile(`/(:[^/]+|\*[^/]*)`)

func fill(path string) string {
	var b strings.Builder
	depth, start := 0, 0
	for n := range len(path) { // regular expressions have braces of their own
		switch {
		case path[n] == '{':
			if depth++; depth == 1 {
				start = n
			}
		case path[n] == '}' && depth > 0:
			if depth--; depth == 0 && path[start:n+1] != "{$}" {
				b.WriteByte('1')
			}
		case depth == 0:
			b.WriteByte(path[n])
		}
	}
	return ofColon.ReplaceAllString(b.String(), "/1")
}

// Open calls each route without credentials, and returns those that were
// answered otherwise than by 401: open to everyone, or not to be reached by
// Route.Request. Compare it with the routes that are meant to be public:
//
//	assert.Equal(t, []tokentest.Route{{"GET", "", "/healthz"}}, tokentest.Open(t.Context(), service, routes...))
//
// A panic of a handler counts as an answer. Bodies are not kept: the context of
// a request ends with the first word of its answer, and writing fails then. Open
// returns when every handler has, one after the other, so ctx should end for the
// sake of those that wait.
func Open(ctx context.Context, handler http.Handler, routes ...Route) []Route {
	var open []Route
	for _, r := range routes {
		if answers(ctx, handler, r.Request()) {
			open = append(open, r)
		}
	}
	return open
}

func answers(ctx context.Context, handler http.Handler, r *http.Request) (open bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &firstWord{header: http.Header{}, heard: cancel}
	defer func() {
		if recover() != nil {
			open = true
		}
	}()
	handler.ServeHTTP(w, r.WithContext(ctx))
	return w.status != http.StatusUnauthorized
}

// firstWord is an http.ResponseWriter that has heard enough with the status.
type firstWord struct {
	header http.Header
	status int // 0: none yet
	heard  func()
}

var errHeard = errors.New("tokentest: the route has answered")

func (w *firstWord) Header() http.Header { return w.header }

func (w *firstWord) WriteHeader(status int) {
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
		w.heard()
	}
}

func (w *firstWord) Write([]byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return 0, errHeard
}

func (w *firstWord) Flush() { w.WriteHeader(http.StatusOK) }
