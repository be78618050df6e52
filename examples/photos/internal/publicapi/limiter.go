package publicapi

import (
	"net/http"
	"sync"

	"golang.org/x/time/rate"

	"github.com/postern-go/postern/token"
)

// client is who is limited: client ids are unique only within their issuer.
type client struct{ issuer, id string }

// maxClients bounds the limiter. Only clients with a good token get this far,
// so it is reached when there are that many honest ones.
const maxClients = 10_000

// Allowance is how often a client may call.
type Allowance struct {
	PerSecond float64
	AtOnce    int // after a pause
}

// limiter counts the calls of each client. However many owners a client works
// for, it has one allowance.
type limiter struct {
	usual   Allowance
	special map[string]Allowance

	mu      sync.Mutex
	clients map[client]*rate.Limiter
}

func newLimiter(usual Allowance, special map[string]Allowance) *limiter {
	return &limiter{usual: usual, special: special, clients: make(map[client]*rate.Limiter)}
}

// limit lets a client through as long as its allowance lasts. It stands behind
// the check of the token: what a token claims is worth nothing before.
func (l *limiter) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := token.FromContext(r.Context())
		if !l.of(client{t.Issuer(), t.ClientID()}).Allow() {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many calls", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (l *limiter) of(c client) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.clients[c]; ok {
		return known
	}
	if len(l.clients) >= maxClients {
		for some := range l.clients { // gets a new allowance when it returns
			delete(l.clients, some)
			break
		}
	}
	a, ok := l.special[c.id]
	if !ok {
		a = l.usual
	}
	l.clients[c] = rate.NewLimiter(rate.Limit(a.PerSecond), a.AtOnce)
	return l.clients[c]
}
