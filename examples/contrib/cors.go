package contrib

import (
	"net/http"

	"github.com/rs/cors"
)

// CORS is a service for scripts of one origin. The CORS handler is outside of
// every guard: preflights carry no token, and scripts may read a refusal only
// with the fields that it adds. They may not read WWW-Authenticate and
// Retry-After unless those are exposed.
func CORS(service http.Handler, origin string) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: []string{origin},
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{"Authorization"},
		ExposedHeaders: []string{"WWW-Authenticate", "Retry-After"},
	}).Handler(service)
}
