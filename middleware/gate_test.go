package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Behind RequireDecision a handler can do with its ResponseWriter what it could
// do without, over both versions of HTTP.
func TestAbilitiesBehindRequireDecision(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			srv := startServer(t, http2, w.auth.RequireDecision(w.checked(t, func(rw http.ResponseWriter) {
				_, hijacks := rw.(http.Hijacker)
				assert.Equal(t, !http2, hijacks)
				control := http.NewResponseController(rw)
				assert.NoError(t, control.SetWriteDeadline(time.Time{}))
				assert.NoError(t, control.SetReadDeadline(time.Time{}))
				assert.NoError(t, control.EnableFullDuplex())
				write := func(s string) { _, _ = io.WriteString(rw, s) }
				write("one ")
				assert.NoError(t, control.Flush())
				rw.(http.Flusher).Flush()
				n, err := io.Copy(rw, struct{ io.Reader }{strings.NewReader("two")})
				assert.NoError(t, err)
				assert.EqualValues(t, 3, n)
				assert.NotNil(t, rw.(interface{ CloseNotify() <-chan bool }).CloseNotify())
			})))
			resp, text := get(t, srv, "Bearer "+w.Token())
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Equal(t, http2, resp.ProtoMajor == 2)
			assert.Equal(t, "one two", text)
		})
	}
}

// checked is a handler that decides by itself, and keeps the writer of
// RequireDecision.
func (w world) checked(t *testing.T, next func(http.ResponseWriter)) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, err := w.auth.Check(r, anybody)
		assert.NoError(t, err)
		next(rw)
	})
}

// Right behind a guard it is the server's own writer again.
func TestWriterBehindRequireAndRequireDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, server := range map[string]http.ResponseWriter{
		"no hijacker": httptest.NewRecorder(),
		"hijacker": struct {
			*httptest.ResponseRecorder
			http.Hijacker
		}{ResponseRecorder: httptest.NewRecorder()},
	} {
		ran := false
		w.auth.RequireDecision(w.auth.Require(anybody)(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			assert.Equal(t, server, rw, name)
			ran = true
		}))).ServeHTTP(server, w.good())
		assert.True(t, ran, name)
	}
	// One that was refused before stays shut.
	resp := serve(w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		write(rw.Write(nil))
		w.auth.Require(anybody)(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			write(rw.Write([]byte(secret)))
		})).ServeHTTP(rw, r)
	})), w.good())
	assert.Empty(t, body(t, resp))
	// So does one that learns of no decision.
	resp = serve(w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.auth.Require(anybody)(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			write(rw.Write([]byte(secret)))
		})).ServeHTTP(rw, r.WithContext(t.Context()))
	})), w.good())
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Empty(t, body(t, resp))
}

func startServer(t *testing.T, http2 bool, h http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = http2
	if http2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv
}

func get(t *testing.T, srv *httptest.Server, authorization string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", authorization)
	resp, err := srv.Client().Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	return resp, body(t, resp)
}

// A connection changes hands after a decision, and not without one.
func TestHijackBehindRequireDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	takeOver := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			undecided(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		_ = conn.Close()
	})
	srv := startServer(t, false, w.auth.RequireDecision(takeOver))
	resp, _ := exchange(t, srv, "GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	srv = startServer(t, false, w.auth.RequireDecision(w.checked(t, func(rw http.ResponseWriter) { takeOver(rw, nil) })))
	resp, _ = exchange(t, srv, "GET", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+w.Token()+"\r\n\r\n")
	assert.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
}

// wrapped is a ResponseWriter of some middleware in front, which shows what it
// wraps and nothing else.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// bare is one that can do the least.
type bare struct{ http.ResponseWriter }

func TestWritersInFrontOfRequireDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, row := range map[string]struct {
		front   func(http.ResponseWriter) http.ResponseWriter
		hijacks bool
		flushes error
	}{
		"wrapped": {func(w http.ResponseWriter) http.ResponseWriter { return wrapped{w} }, true, nil},
		"bare":    {func(w http.ResponseWriter) http.ResponseWriter { return bare{w} }, false, http.ErrNotSupported},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := w.auth.RequireDecision(w.checked(t, func(rw http.ResponseWriter) {
				_, hijacks := rw.(http.Hijacker)
				assert.Equal(t, row.hijacks, hijacks)
				assert.ErrorIs(t, http.NewResponseController(rw).Flush(), row.flushes)
				select {
				case <-rw.(interface{ CloseNotify() <-chan bool }).CloseNotify():
					assert.Fail(t, "the caller is still there")
				default:
				}
			}))
			srv := startServer(t, false, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { h.ServeHTTP(row.front(rw), r) }))
			resp, _ := get(t, srv, "Bearer "+w.Token())
			assert.Equal(t, http.StatusOK, resp.StatusCode)
		})
	}
}

// The caller of an open proxy gets the refusal in full, although the proxy
// aborts the connection when it cannot write.
func TestUndecidedProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	origin := startServer(t, false, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, strings.Repeat(secret, 10_000))
	}))
	target, err := url.Parse(origin.URL)
	require.NoError(t, err)
	srv := startServer(t, false, w.auth.RequireDecision(httputil.NewSingleHostReverseProxy(target)))
	resp, text := exchange(t, srv, "GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Empty(t, text)
}

// gone is a server that knows its caller to be gone.
type gone struct{ http.ResponseWriter }

func (gone) CloseNotify() <-chan bool {
	c := make(chan bool, 1)
	c <- true
	return c
}

func TestCloseNotifyIsThatOfTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.auth.RequireDecision(w.checked(t, func(rw http.ResponseWriter) {
		select {
		case <-rw.(interface{ CloseNotify() <-chan bool }).CloseNotify():
		default:
			assert.Fail(t, "the caller is gone")
		}
	})).ServeHTTP(gone{httptest.NewRecorder()}, w.good())
}
