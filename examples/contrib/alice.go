package contrib

import (
	"net/http"

	"github.com/justinas/alice"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// Alice is the shop with chains of alice.
func Alice(auth *middleware.Middleware) http.Handler {
	common := alice.New(noSniff)
	readers := common.Append(auth.Require(scope.All("orders:read")))
	writers := common.Append(auth.Require(scope.All("orders:write")))

	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", readers.ThenFunc(showOrder))
	mux.Handle("POST /orders", writers.ThenFunc(placeOrder))
	mux.Handle("GET /healthz", common.ThenFunc(healthy))
	return mux
}

func noSniff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
