package contrib

import (
	"net/http"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// NetHTTP is the shop on a router of the standard library.
func NetHTTP(auth *middleware.Middleware) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", auth.Require(scope.All("orders:read"))(http.HandlerFunc(showOrder)))
	mux.Handle("POST /orders", auth.Require(scope.All("orders:write"))(http.HandlerFunc(placeOrder)))
	mux.HandleFunc("GET /healthz", healthy)
	return mux
}

// PosternMux is the shop on the router of package middleware, which cannot
// hold a route without a policy.
func PosternMux(auth *middleware.Middleware) http.Handler {
	mux := auth.NewMux()
	mux.HandleFunc("GET /orders/{id}", scope.All("orders:read"), showOrder)
	mux.HandleFunc("POST /orders", scope.All("orders:write"), placeOrder)
	mux.HandleFunc("GET /healthz", scope.Public, healthy)
	return mux
}
