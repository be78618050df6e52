package middleware_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
)

// exchange sends raw bytes over a connection of its own and reads the answer.
func exchange(t *testing.T, srv *httptest.Server, method, text string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	return resp, body(t, resp)
}

func newServer(t *testing.T, w world) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(w.guard(scope.Authenticated))
	t.Cleanup(srv.Close)
	return srv
}

// TestOnTheWire sends bytes to a real server, since what net/http makes of
// them before the middleware runs matters as well.
func TestOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := newServer(t, w)
	good := "Bearer " + w.Token()
	for _, row := range []struct {
		name   string
		method string
		text   string
		status int
	}{
		{"HTTP/1.0, good", "GET", "GET / HTTP/1.0\r\nAuthorization: " + good + "\r\n\r\n", 200},
		{"HTTP/1.0, none", "GET", "GET / HTTP/1.0\r\n\r\n", 401},
		{"HEAD, none", "HEAD", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 401},
		{"CONNECT, none", "CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n", 401},
		{"field name in capitals", "GET", "GET / HTTP/1.1\r\nHost: x\r\nAUTHORIZATION: " + good + "\r\n\r\n", 200},
		{"white space around the value", "GET", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: \t " + good + " \t\r\n\r\n", 200},
		{"C_6750-2.1-10 two fields", "GET", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: " + good + "\r\nauthorization: " + good + "\r\n\r\n", 400},
		{"field name with a space", "GET", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization : " + good + "\r\n\r\n", 400},
		{"zero byte in the value", "GET", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: " + good + "\x00\r\n\r\n", 400},
		{"folded line", "GET", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n " + strings.TrimPrefix(good, "Bearer ") + "\r\n\r\n", 200},
		{"token in a trailer", "POST", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n0\r\nAuthorization: " + good + "\r\n\r\n", 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			resp, text := exchange(t, srv, row.method, row.text)
			assert.Equal(t, row.status, resp.StatusCode)
			if row.status == 200 {
				assert.Equal(t, "alice", text)
				return
			}
			if row.status == 401 {
				assert.Equal(t, []string{plain}, resp.Header["Www-Authenticate"])
				assert.Equal(t, []string{"0"}, resp.Header["Content-Length"])
				assert.Equal(t, []string{"no-store"}, resp.Header["Cache-Control"])
				assert.Empty(t, text)
			}
		})
	}
}

// Trailers arrive after the body, when the decision is long made. One that
// waits for them must not find a token there either.
func TestTrailerAfterReadingTheBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.guard(scope.Authenticated).ServeHTTP(rw, r)
	}))
	t.Cleanup(srv.Close)
	resp, _ := exchange(t, srv, "POST", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n0\r\nAuthorization: Bearer "+w.Token()+"\r\n\r\n")
	assert.Equal(t, 401, resp.StatusCode)
}

// Nothing is remembered from an earlier call on the connection.
func TestEveryCallOfAConnection(t *testing.T) {
	t.Parallel()
	t.Run("C_6749-7-1", func(t *testing.T) {
		w := newWorld(t)
		var connections connectionCount
		srv := httptest.NewUnstartedServer(w.guard(scope.Authenticated))
		srv.EnableHTTP2 = true
		srv.Config.ConnState = connections.observe
		srv.StartTLS()
		t.Cleanup(srv.Close)

		for n, authorization := range []string{"Bearer " + w.Token(), "", "Bearer " + w.Token(), ""} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
			require.NoError(t, err)
			if authorization != "" {
				req.Header.Set("Authorization", authorization)
			}
			resp, err := srv.Client().Do(req)
			require.NoError(t, err)
			_ = body(t, resp)
			_ = resp.Body.Close()
			assert.Equal(t, 2, resp.ProtoMajor)
			assert.Equal(t, map[bool]int{true: 200, false: 401}[authorization != ""], resp.StatusCode, "call %d", n)
		}
		assert.EqualValues(t, 1, connections.n.Load())
	})
}

// Large bodies of refused calls are not read.
func TestRefusedBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := httptest.NewRequest(http.MethodPost, "/", failingReader{t})
	assertRefused(t, serve(w.guard(scope.Authenticated), r), 401, plain)
}

type failingReader struct{ t *testing.T }

func (f failingReader) Read([]byte) (int, error) {
	f.t.Error("the body was read")
	return 0, fmt.Errorf("unread")
}
