package middleware

import (
	"net/http"
	"time"

	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// tell reports a decision. verified is the token, or nil.
func (m *Middleware) tell(r *http.Request, p scope.Policy, verified *token.Token, err error, begun time.Time) {
	if !m.observer.Wants(err) {
		return
	}
	m.observer.Tell(guard.WithToken(r.Context(), verified), scope.Decision{
		Policy: p, Transport: scope.HTTP, Route: r.Pattern, Listed: !p.IsZero(), Method: known(r.Method),
		Err: err, Token: verified, Nested: guard.PassOf(r.Context()).Reported,
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
