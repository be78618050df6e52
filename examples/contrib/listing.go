package contrib

import (
	"net/http"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// ListingMux is an http.ServeMux that remembers its patterns, since that of the
// standard library lists none. Register all routes by its own Handle.
type ListingMux struct {
	http.ServeMux
	Patterns []string
}

// Handle registers a handler and remembers its pattern.
func (m *ListingMux) Handle(pattern string, h http.Handler) {
	m.Patterns = append(m.Patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// RegisterShop registers the shop. It would take an http.ServeMux as well.
func RegisterShop(mux interface {
	Handle(pattern string, h http.Handler)
}, auth *middleware.Middleware) {
	mux.Handle("GET /orders/{id}", auth.Require(scope.All("orders:read"))(http.HandlerFunc(showOrder)))
	mux.Handle("POST /orders", auth.Require(scope.All("orders:write"))(http.HandlerFunc(placeOrder)))
	mux.Handle("GET /healthz", http.HandlerFunc(healthy))
}
