package contrib_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// The stream ends when the token does, by the clock and not by the next event,
// also behind RequireDecision.
func TestEventsEndWithTheToken(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(*middleware.Middleware, http.Handler) http.Handler{
		"alone":   func(_ *middleware.Middleware, h http.Handler) http.Handler { return h },
		"decided": (*middleware.Middleware).RequireDecision,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const lifetime, leeway = 10 * time.Second, 30 * time.Second
				issuer, auth := newAuth(t)
				r := httptest.NewRequest(http.MethodGet, "/events", nil)
				r.Header.Set("Authorization", "Bearer "+issuer.Token(tokentest.Scope("orders:read"), tokentest.ExpiresIn(lifetime)))
				w, start := httptest.NewRecorder(), time.Now()
				wrap(auth, contrib.Events(auth)).ServeHTTP(w, r)
				assert.Equal(t, lifetime+leeway, time.Since(start))
				assert.True(t, w.Flushed)
				assert.Equal(t, "text/event-stream", w.Header().Get("Content-Type"))
				assert.InDelta(t, 40, strings.Count(w.Body.String(), "data: an order of alice\n\n"), 1)
			})
		})
	}
}

func TestEventsRefusals(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	target := tokentest.HTTPTarget(onceWritten(contrib.Events(auth)), func() *http.Request {
		return httptest.NewRequest(http.MethodGet, "/events", nil)
	})
	refusals.Test(t, issuer, target, &refusals.Config{Scopes: []string{"orders:read"}})
}

// onceWritten lets a stream end after its first event.
func onceWritten(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(&oneEvent{ResponseWriter: w}, r) })
}

type oneEvent struct {
	http.ResponseWriter
	written bool
}

func (w *oneEvent) Write(b []byte) (int, error) {
	if w.written {
		return 0, http.ErrHandlerTimeout
	}
	w.written = true
	return w.ResponseWriter.Write(b)
}

// FlushError ends the stream of sendEvents.
func (w *oneEvent) FlushError() error { return http.ErrNotSupported }
