package contrib

import (
	"net/http"

	"github.com/rs/cors"

	"github.com/postern-go/postern/middleware"
)

// CORS is the shop for scripts of one origin. The CORS handler is outside of
// every guard: preflights carry no token, and scripts may read a refusal only
// with the fields that it adds. They may not read WWW-Authenticate and
// Retry-After unless those are exposed.
func CORS(auth *middleware.Middleware) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: []string{"https://shop.example.com"},
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{"Authorization"},
		ExposedHeaders: []string{"WWW-Authenticate", "Retry-After"},
	}).Handler(auth.RequireDecision(PosternMux(auth)))
}
