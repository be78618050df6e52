package moving

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Guard wraps a handler, as middleware of net/http does.
type Guard func(http.Handler) http.Handler

// Settings are what every old guard is told.
type Settings struct {
	Issuer, KeysURL, Audience string
	HTTPClient                *http.Client
}

// Old makes a guard. Where a library runs goroutines, they end with ctx.
type Old func(ctx context.Context, s Settings) (Guard, error)

// Beside is a service that old guards, with postern rehearsing behind it. Once
// the log is quiet, old and Rehearsal go, and nothing else changes.
func Beside(old Guard, auth token.Authenticator, p scope.Policy, log *slog.Logger, service http.Handler) http.Handler {
	rehearsal := middleware.New(auth, &middleware.Config{
		Rehearsal: true,
		Trace:     scope.LogTo(log, nil),
	})
	return old(rehearsal.Require(p)(service))
}

// by is middleware of one's own around a check of a request, as services write
// it around libraries that have none.
func by(check func(*http.Request) error) Guard {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := check(r); err != nil {
				http.Error(w, "unauthorized", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
