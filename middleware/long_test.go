package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A long answer ends with its token, as a stream over gRPC does.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	const lifetime, leeway, patience = 10 * time.Minute, 30 * time.Second, time.Hour
	for _, row := range []struct {
		name   string
		guards []scope.Policy
		cfg    middleware.Config
		token  bool
		parent time.Duration // the deadline that the request has anyway, or 0
		ends   time.Duration
		cause  error
	}{
		{"authenticated", guards(anybody), middleware.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"optional", guards(scope.Optional), middleware.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"nested", guards(anybody, anybody), middleware.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"public inside", guards(anybody, scope.Public), middleware.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"outlives by option", guards(anybody), middleware.Config{ResponsesOutliveToken: true}, true, 0, patience, nil},
		{"optional without a token", guards(scope.Optional), middleware.Config{}, false, 0, patience, nil},
		{"public", guards(scope.Public), middleware.Config{}, true, 0, patience, nil},
		{"an earlier deadline", guards(anybody), middleware.Config{}, true, time.Minute, time.Minute, context.DeadlineExceeded},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorldWith(t, &row.cfg)
				r := request()
				if row.token {
					r = w.good(tokentest.ExpiresIn(lifetime))
				}
				if row.parent > 0 {
					ctx, cancel := context.WithTimeout(t.Context(), row.parent)
					defer cancel()
					r = r.WithContext(ctx)
				}
				var inner context.Context
				long := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					inner = r.Context()
					start := time.Now()
					select {
					case <-r.Context().Done():
					case <-time.After(patience):
					}
					assert.Equal(t, row.ends, time.Since(start))
					assert.Equal(t, row.cause, context.Cause(r.Context()))
				})
				require.Equal(t, http.StatusOK, serve(promise{guards: row.guards}.wrap(w, long, nil), r).StatusCode)
				if row.cause == token.ErrExpired {
					assert.ErrorIs(t, inner.Err(), context.DeadlineExceeded)
				}
			})
		})
	}
}

// A short answer leaves nothing running behind it.
func TestShortAnswersStopTheirTimer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var inner context.Context
		serve(w.auth.Require(anybody)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			inner = r.Context()
			assert.NoError(t, inner.Err())
			inner.Done()
		})), w.good())
		assert.ErrorIs(t, inner.Err(), context.Canceled)
	})
}

// The handler gets the server's own ResponseWriter, with all that it can do.
func TestResponseWriterIsNotWrapped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := httptest.NewServer(w.auth.Require(anybody)(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(rw)
		assert.NoError(t, control.SetWriteDeadline(time.Time{}))
		assert.NoError(t, control.EnableFullDuplex())
		assert.NoError(t, control.Flush())
		conn, _, err := control.Hijack()
		if assert.NoError(t, err) {
			_ = conn.Close()
		}
	})))
	t.Cleanup(srv.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+w.Token())
	resp, err := srv.Client().Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
}
