package middleware

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/postern-go/postern/internal/guard"
)

// gate is the http.ResponseWriter behind RequireDecision. It lets an answer
// begin once a guard has decided.
type gate struct {
	decided guard.Decided
	pass    guard.PassContext // with decided
	m       *Middleware
	w       http.ResponseWriter
	r       *http.Request // for the handler
	begun   time.Time
	before  http.Header // the fields that handlers further out have set, or nil
	refused bool
}

func newGate(m *Middleware, w http.ResponseWriter, r *http.Request) *gate {
	g := &gate{m: m, w: w, begun: m.observer.Begin()}
	pass := guard.PassOf(r.Context())
	g.decided.Outer, pass.Decided = pass.Decided, &g.decided
	g.r = r.WithContext(pass.NewContext(r.Context(), &g.pass))
	if h := w.Header(); len(h) > 0 {
		g.before = h.Clone()
	}
	return g
}

// writer is g, with the methods that handlers ask for by a type assertion.
func (g *gate) writer() http.ResponseWriter {
	if canHijack(g.w) {
		return hijackable{g}
	}
	return g
}

// allows is nil if the answer may begin or go on. It refuses once, and a
// decision that comes later changes nothing.
func (g *gate) allows() error {
	if g.refused {
		return ErrUndecided
	}
	if g.decided.Made() {
		return nil
	}
	g.refused = true
	g.decided.Outer.Note()
	defer g.answer() // even if the hook panics
	g.m.tellUndecided(g.r, g.begun)
	return ErrUndecided
}

// answer sends the 500 in full, since a handler that learns of it may abort the
// connection, as httputil.ReverseProxy does.
func (g *gate) answer() {
	h := g.w.Header()
	clear(h)
	maps.Copy(h, g.before)
	for _, name := range ofBody {
		delete(h, name)
	}
	h["Cache-Control"] = []string{"no-store"}
	h["Content-Length"] = []string{"0"}
	g.w.WriteHeader(http.StatusInternalServerError)
	_ = http.NewResponseController(g.w).Flush()
}

// Header is that of a refused answer no more.
func (g *gate) Header() http.Header {
	if g.refused {
		return http.Header{}
	}
	return g.w.Header()
}

func (g *gate) WriteHeader(status int) {
	if g.allows() == nil {
		g.w.WriteHeader(status)
	}
}

func (g *gate) Write(b []byte) (int, error) {
	if err := g.allows(); err != nil {
		return 0, err
	}
	return g.w.Write(b)
}

func (g *gate) WriteString(s string) (int, error) {
	if err := g.allows(); err != nil {
		return 0, err
	}
	return io.WriteString(g.w, s)
}

// ReadFrom lets the server send a file without a copy of it.
func (g *gate) ReadFrom(src io.Reader) (int64, error) {
	if err := g.allows(); err != nil {
		return 0, err
	}
	return io.Copy(g.w, src)
}

func (g *gate) Flush() { _ = g.FlushError() }

func (g *gate) FlushError() error {
	if err := g.allows(); err != nil {
		return err
	}
	return http.NewResponseController(g.w).Flush()
}

// CloseNotify is for frameworks that call it without looking, such as gin. The
// channel is that of the server, or one that stays silent.
func (g *gate) CloseNotify() <-chan bool {
	if n, ok := g.w.(interface{ CloseNotify() <-chan bool }); ok {
		return n.CloseNotify()
	}
	return make(chan bool)
}

// Unwrap is for http.ResponseController, which sets deadlines by it.
func (g *gate) Unwrap() http.ResponseWriter { return g.w }

// hijackable is a gate in front of a connection that can be taken over.
type hijackable struct{ *gate }

func (g hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := g.allows(); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(g.w).Hijack()
}

// pastGate is the server's own writer if w is a gate that a guard has just opened,
// and w otherwise. net/http asks its own for more than others can offer, as
// http.MaxBytesReader does to close the connection.
func pastGate(w http.ResponseWriter) http.ResponseWriter {
	g, ok := w.(*gate)
	if h, hijacks := w.(hijackable); hijacks {
		g, ok = h.gate, true
	}
	if !ok || g.refused || !g.decided.Made() {
		return w
	}
	return g.w
}

// canHijack reports whether w, or what it wraps, can give up its connection.
func canHijack(w http.ResponseWriter) bool {
	for {
		if _, ok := w.(http.Hijacker); ok {
			return true
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = inner.Unwrap()
	}
}
