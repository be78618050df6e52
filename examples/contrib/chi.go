package contrib

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Chi is the shop on a chi router: With guards one route, Use a group.
func Chi(auth *middleware.Middleware) http.Handler {
	r := chi.NewRouter()
	r.Get("/healthz", healthy)
	r.Route("/orders", func(r chi.Router) {
		r.Use(auth.Require(scope.Authenticated))
		r.With(auth.Require(scope.All("orders:read"))).Get("/{id}", showOrder)
		r.With(auth.Require(scope.All("orders:write"))).Post("/", placeOrder)
	})
	return r
}
