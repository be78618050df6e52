package contrib

import (
	"net/http"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Subtrees is the shop in sub-trees of http.ServeMux: the outer one has no
// handler without a guard or a Mux of its own. A guard stands outside of
// http.StripPrefix, so that it sees the address that the caller used.
func Subtrees(auth *middleware.Middleware) http.Handler {
	orders := http.NewServeMux()
	orders.Handle("GET /{id}", auth.Require(scope.All("orders:read"))(http.HandlerFunc(showOrder)))

	rest := auth.NewMux()
	rest.HandleFunc("GET /healthz", scope.Public, healthy)
	rest.HandleFunc("POST /orders", scope.All("orders:write"), placeOrder)

	mux := http.NewServeMux()
	mux.Handle("/orders/", auth.Require(scope.Authenticated)(http.StripPrefix("/orders", orders)))
	mux.Handle("/orders", rest) // or http.ServeMux would redirect it into the sub-tree
	mux.Handle("/", rest)
	return mux
}
