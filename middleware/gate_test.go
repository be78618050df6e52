package middleware_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// hijacked is a writer whose connection can be taken over, and was, so often.
type hijacked struct {
	*httptest.ResponseRecorder
	times int
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h.times++
	return nil, nil, nil
}

// A connection cannot be taken over before there is a decision.
func TestHijackNeedsADecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, decides := range []bool{false, true} {
		server := &hijacked{ResponseRecorder: httptest.NewRecorder()}
		w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if decides {
				_, err := w.auth.Check(r, scope.Public)
				assert.NoError(t, err)
			}
			_, _, err := rw.(http.Hijacker).Hijack()
			assert.Equal(t, decides, err == nil)
		})).ServeHTTP(server, w.good())
		assert.Equal(t, decides, server.times == 1)
	}
}

// What is written after a decision arrives, by every method there is.
func TestWritesAfterADecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	resp := serve(w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, err := w.auth.Check(r, scope.Public)
		assert.NoError(t, err)
		n, err := rw.Write([]byte("text"))
		assert.Equal(t, 4, n)
		assert.NoError(t, err)
	})), w.good())
	assert.Equal(t, "text", body(t, resp))
}

// A request without a token among its subprotocols is not touched, and an empty
// element of a list does not count.
func TestSubprotocolsLeftAlone(t *testing.T) {
	t.Parallel()
	var got *http.Request
	wrapped := middleware.FromSubprotocol("bearer.")(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	r := request()
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Protocol", "orders.v1")
	wrapped.ServeHTTP(httptest.NewRecorder(), r)
	assert.Same(t, r, got)
	r.Header.Set("Sec-WebSocket-Protocol", "orders.v1,,bearer.x, ,chat")
	wrapped.ServeHTTP(httptest.NewRecorder(), r)
	assert.Equal(t, []string{"orders.v1", "chat"}, got.Header["Sec-Websocket-Protocol"])
}

// The context of a policy has the request, and else what that of the call has.
func TestContextOfAPolicy(t *testing.T) {
	t.Parallel()
	type key struct{}
	w, asked := newWorld(t), false
	policy := scope.Tenant((*token.Token).Subject, func(ctx context.Context) string {
		_, has := middleware.RequestFrom(ctx)
		asked = has && ctx.Value(key{}) == nil
		return "alice"
	})
	_, err := w.auth.Check(w.good(), policy)
	require.NoError(t, err)
	assert.True(t, asked)
}
