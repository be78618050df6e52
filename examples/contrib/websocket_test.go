package contrib_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// pipes is a network in memory, for servers in a bubble of testing/synctest.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p <- there
	return here, nil
}

// dialSocket connects as a browser on a page of the origin does.
func dialSocket(t *testing.T, h http.Handler, origin string, subprotocols ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	network := make(pipes)
	srv := &http.Server{Handler: h}
	go func() { _ = srv.Serve(network) }()
	transport := &http.Transport{DialContext: network.dial}
	t.Cleanup(func() { transport.CloseIdleConnections(); close(network); _ = srv.Close() })
	conn, resp, err := websocket.Dial(t.Context(), "ws://api.example.com/socket", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"Origin": {origin}}, Subprotocols: subprotocols,
	})
	if err == nil {
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, resp, err
}

// The subprotocol of the application comes back, and the token does not.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	socket := contrib.WebSocket(auth, pageOrigin)
	good := "bearer." + issuer.Token(tokentest.Scope("orders:read"))
	conn, resp, err := dialSocket(t, socket, pageOrigin, contrib.OrdersProtocol, good)
	require.NoError(t, err)
	assert.Equal(t, contrib.OrdersProtocol, conn.Subprotocol())
	assert.Equal(t, []string{contrib.OrdersProtocol}, resp.Header.Values("Sec-WebSocket-Protocol"))
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte("hello")))
	_, message, err := conn.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "alice: hello", string(message))
}

func TestWebSocketIsRefused(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	socket := contrib.WebSocket(auth, pageOrigin)
	good := "bearer." + issuer.Token(tokentest.Scope("orders:read"))
	for name, row := range map[string]struct {
		origin, token string
		status        int
	}{
		"another origin":   {"https://evil.example", good, http.StatusForbidden},
		"a sandboxed page": {"null", good, http.StatusForbidden},
		"no token":         {pageOrigin, "other", http.StatusUnauthorized},
		"expired":          {pageOrigin, "bearer." + issuer.Token(tokentest.Scope("orders:read"), tokentest.ExpiresIn(-time.Hour)), http.StatusUnauthorized},
		"not enough":       {pageOrigin, "bearer." + issuer.Token(), http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			_, resp, err := dialSocket(t, socket, row.origin, contrib.OrdersProtocol, row.token)
			require.Error(t, err)
			require.NotNil(t, resp)
			assert.Equal(t, row.status, resp.StatusCode)
		})
	}
}

// A connection that waits for the next message ends with its token, and tells
// why.
func TestWebSocketEndsWithTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lifetime, leeway = time.Minute, 30 * time.Second
		issuer, auth := newAuth(t)
		start := time.Now()
		conn, _, err := dialSocket(t, auth.RequireDecision(contrib.WebSocket(auth, pageOrigin)), pageOrigin, contrib.OrdersProtocol,
			"bearer."+issuer.Token(tokentest.Scope("orders:read"), tokentest.ExpiresIn(lifetime)))
		require.NoError(t, err)
		_, _, err = conn.Read(t.Context())
		assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err))
		assert.Equal(t, lifetime+leeway, time.Since(start))
	})
}

// The suite, with each token where clients other than browsers put it. That for
// tokens among the subprotocols is in package middleware.
func TestWebSocketRefusals(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	socket := contrib.WebSocket(auth, pageOrigin)
	refusals.Test(t, issuer, tokentest.HTTPTarget(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket.ServeHTTP(admitting{w}, r)
	}), func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/socket", nil)
		for name, value := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Origin": pageOrigin, "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": contrib.OrdersProtocol,
		} {
			r.Header.Set(name, value)
		}
		return r
	}), &refusals.Config{Scopes: []string{"orders:read"}})
}

// admitting answers 204 in place of the 501 for a recorder that has no
// connection to give away: the guard was passed then.
type admitting struct{ http.ResponseWriter }

func (w admitting) WriteHeader(status int) {
	if status == http.StatusNotImplemented && strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		status = http.StatusNoContent
	}
	w.ResponseWriter.WriteHeader(status)
}
