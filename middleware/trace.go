package middleware

import (
	"net/http"
	"time"

	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
)

// tell reports a decision, which is nested if a guard further out has told one.
func (m *Middleware) tell(r *http.Request, p scope.Policy, v guard.Verdict, nested bool, begun time.Time) {
	if !m.observer.Wants(v.Err) {
		return
	}
	m.observer.Tell(guard.WithToken(r.Context(), v.Token), scope.Decision{
		Policy: p, Transport: scope.HTTP, Route: r.Pattern, Listed: !p.IsZero(), Method: known(r.Method),
		Err: v.Err, Rehearsed: v.Rehearsed, Token: v.Token, Nested: nested,
	}, begun)
}

// known is method if it is in wide use. Callers may send any other word.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return "other"
	}
}
