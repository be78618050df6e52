package contrib

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Closed is the shop on a chi router that cannot be left open. Every route says
// what it needs, the public one too, and so do the answers for unknown routes.
// One that was forgotten is answered 500, and reported.
func Closed(auth *middleware.Middleware) http.Handler {
	return auth.RequireDecision(ClosedRouter(auth))
}

// ClosedRouter is the router alone, for a test that walks it.
func ClosedRouter(auth *middleware.Middleware) *chi.Mux {
	unknown := auth.Require(scope.Authenticated)(http.NotFoundHandler()).ServeHTTP
	r := chi.NewRouter()
	r.NotFound(unknown)
	r.MethodNotAllowed(unknown)
	r.With(auth.Require(scope.Public)).Get("/healthz", healthy)
	r.With(auth.Require(scope.All("orders:read"))).Get("/orders/{id}", showOrder)
	r.With(auth.Require(scope.All("orders:write"))).Post("/orders", placeOrder)
	return r
}
