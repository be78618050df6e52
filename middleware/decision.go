package middleware

import (
	"fmt"
	"net/http"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// ErrUndecided is the error of a call that a handler behind RequireDecision
// began to answer before a guard had decided about it. It matches
// token.ErrUnavailable: the fault is the program's, and says nothing about a
// token. Find the route in the text of the error, and guard its handler.
var ErrUndecided = fmt.Errorf("middleware: %w: a handler began its answer before a guard had decided", token.ErrUnavailable)

// RequireDecision is the outermost handler of a service with a router of its
// own, where a route that was not wrapped by Require would be open to everyone.
// It answers 500, with an empty body, in place of any answer that next begins
// before a guard of this package has decided about the call, and reports
// ErrUndecided to Trace.Refused.
//
// A decision is one of Require, Admit or Check, of this Middleware or another,
// or of a route of a Mux. That of scope.Public counts, and so does every
// refusal, also one that WriteError alone makes. What a router answers by itself
// counts as undecided: 404, 405 and redirects. Guard the router's handler for
// unknown routes like any other, and put what answers without a guard on
// purpose, such as CORS preflights, in front of RequireDecision. A decision that
// was made with a context that does not descend from the request's is not seen.
//
// The http.ResponseWriter of next supports http.Flusher, io.ReaderFrom and
// http.ResponseController, and http.Hijacker if that of the server does. Once an
// answer was refused, its methods return ErrUndecided and write nothing. Fields
// that next has set are not sent. It panics with an error that matches
// token.ErrConfig if next is nil.
func (m *Middleware) RequireDecision(next http.Handler) http.Handler {
	if next == nil {
		panic(fmt.Errorf("middleware: %w: the handler of RequireDecision is nil", token.ErrConfig))
	}
	return &outermost{m, next}
}

type outermost struct {
	m    *Middleware
	next http.Handler
}

func (o *outermost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := newGate(o.m, w, r)
	o.next.ServeHTTP(g.writer(), g.r)
	// A handler that returns without a word has answered 200.
	if g.allows() == nil {
		return
	}
	// Trailers that the handler has set in a map that it had before.
	clear(w.Header())
}

// tellUndecided reports a call that was answered without a decision. The path
// is what leads to the open route, since most routers leave no pattern.
func (m *Middleware) tellUndecided(r *http.Request, begun time.Time) {
	if !m.observer.Wants(ErrUndecided) {
		return
	}
	method := known(r.Method)
	m.observer.Tell(r.Context(), scope.Decision{
		Transport: scope.HTTP, Route: r.Pattern, Method: method,
		Err: fmt.Errorf("%w: %s %s", ErrUndecided, method, printable.Value(r.URL.Path)),
	}, begun)
}
