package contrib

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Gorilla is the shop on a router of gorilla/mux. Its Use takes a guard for a
// whole Subrouter, as chi's does.
func Gorilla(auth *middleware.Middleware) http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/healthz", healthy).Methods(http.MethodGet)
	orders := r.PathPrefix("/orders").Subrouter()
	orders.Use(auth.Require(scope.Authenticated))
	orders.Handle("/{id}", auth.Require(scope.All("orders:read"))(http.HandlerFunc(showOrder))).Methods(http.MethodGet)
	orders.Handle("", auth.Require(scope.All("orders:write"))(http.HandlerFunc(placeOrder))).Methods(http.MethodPost)
	return r
}
