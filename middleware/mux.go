package middleware

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/postern-go/postern/scope"
)

// Mux is an http.ServeMux that registers no route without a policy, and refuses
// every request for which no route is registered: a caller without a good token
// cannot tell by 404 and 405 which routes there are, and a caller with one is
// denied (403). Make one by Middleware.NewMux. Its methods may be called
// concurrently, like those of http.ServeMux.
type Mux struct {
	m     *Middleware
	inner *http.ServeMux

	mu     sync.RWMutex
	routes []registered
	policy map[string]scope.Policy // by pattern
}

// Route is a pattern with the policy that guards it.
type Route struct {
	Pattern string
	Policy  scope.Policy
}

// NewMux returns a Mux without routes, which refuses every call.
func (m *Middleware) NewMux() *Mux {
	return &Mux{m: m, inner: http.NewServeMux(), policy: map[string]scope.Policy{}}
}

// Handle registers h for the calls that match pattern, in the syntax of
// http.ServeMux, and that p allows. A host in the pattern matches in any case,
// with and without a final dot and a port.
//
// It panics if p is the zero Policy or h is nil, and in the cases in which
// http.ServeMux panics: an invalid pattern, or one that conflicts with another.
// The error matches token.ErrConfig and names the patterns and the lines of the
// program that registered them.
func (x *Mux) Handle(pattern string, p scope.Policy, h http.Handler) {
	r := registered{Route{onePattern(pattern), p}, caller(), h}
	switch {
	case p.IsZero():
		panic(r.wrong("has no policy"))
	case h == nil:
		panic(r.wrong("has a nil handler"))
	}
	if err := x.register(r); err != nil {
		panic(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.routes = append(x.routes, r)
	x.policy[r.Pattern] = p
}

// HandleFunc is Handle for a function.
func (x *Mux) HandleFunc(pattern string, p scope.Policy, h func(http.ResponseWriter, *http.Request)) {
	var handler http.Handler
	if h != nil {
		handler = http.HandlerFunc(h)
	}
	x.Handle(pattern, p, handler)
}

// ServeHTTP implements http.Handler. A redirect to the canonical form of a
// path is subject to the policy of the route it leads to.
func (x *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = withHost(r)
	x.inner.ServeHTTP(&door{x: x, w: w, r: r}, r)
}

// Routes lists the routes in the order of registration. A host in a pattern is
// in lower case and without a final dot, as http.Request.Pattern has it.
func (x *Mux) Routes() []Route {
	held := x.held()
	routes := make([]Route, len(held))
	for i, r := range held {
		routes[i] = r.Route
	}
	return routes
}

func (x *Mux) held() []registered {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.Clone(x.routes)
}

// String is a table of the routes and their policies, a line each, to print
// when a service starts and to compare in a test.
func (x *Mux) String() string {
	routes := x.Routes()
	width := len(elsewhere)
	for _, r := range routes {
		width = max(width, len(r.Pattern))
	}
	var b strings.Builder
	if x.m.config.Rehearsal {
		b.WriteString("REHEARSAL: no call is refused\n")
	}
	for _, r := range append(routes, Route{Pattern: elsewhere}) {
		fmt.Fprintf(&b, "%-*s  %v\n", width, r.Pattern, r.Policy)
	}
	return b.String()
}

const elsewhere = "(anything else)"

func (x *Mux) policyOf(pattern string) scope.Policy {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.policy[pattern]
}

// routed is a handler as it is registered. It removes the door, so that only
// the answers of http.ServeMux itself pass through that.
type routed struct{ next http.Handler }

func (h routed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.next.ServeHTTP(w.(*door).w, r)
}

// door is the http.ResponseWriter for what http.ServeMux answers by itself:
// 404, 405, 400 and redirects. They would tell every caller which routes exist,
// so each is held against a policy when it is about to be written, and replaced
// by a refusal if the caller may not see it.
type door struct {
	x   *Mux
	w   http.ResponseWriter
	r   *http.Request
	out http.ResponseWriter // nil until decided
}

func (d *door) Header() http.Header         { return d.decided().Header() }
func (d *door) Write(b []byte) (int, error) { return d.decided().Write(b) }
func (d *door) WriteHeader(status int)      { d.decided().WriteHeader(status) }

func (d *door) decided() http.ResponseWriter {
	if d.out == nil {
		d.out = d.decide()
	}
	return d.out
}

// decide holds the answer against the policy of the route that a redirect leads
// to. 404 and 405 have no route, and the zero Policy refuses.
func (d *door) decide() http.ResponseWriter {
	if _, err := d.x.m.Check(d.r, d.x.policyOf(d.r.Pattern)); err != nil {
		d.x.m.WriteError(d.w, d.r, err)
		return discard{http.Header{}}
	}
	return d.w
}

// discard takes an answer that the caller must not see.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
