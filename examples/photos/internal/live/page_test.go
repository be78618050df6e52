package live_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/photos/internal/live"
)

// hostile is a decision whose every text was written by an attacker.
func hostile() live.Decision {
	const text = "</li><script>alert(1)</script>\"'\n\ndata: x"
	return live.Decision{
		Service: text, Call: text, Caller: text, Reason: text, Why: text,
		Checks: []live.Check{{Name: text, State: live.Failed, Why: text + "!"}, {Name: text, State: live.State(text)}},
	}
}

func page(t *testing.T, b *live.Board, host, path string) (int, string) {
	t.Helper()
	gone, cancel := context.WithCancel(t.Context())
	cancel() // so that events end after the first ones
	r := httptest.NewRequestWithContext(gone, http.MethodGet, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// The page shows the last decisions, newest first, and forgets the others.
func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	b := live.NewBoard()
	for n := range 1000 {
		b.Note(live.Decision{Call: fmt.Sprintf("call-%04d.", n)})
	}
	status, body := page(t, b, "127.0.0.1:1", "/")
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, 50, strings.Count(body, "call-"))
	assert.Less(t, strings.Index(body, "call-0999."), strings.Index(body, "call-0998."))
	assert.Contains(t, body, "call-0950.")
	assert.Contains(t, body, `data-last="1000"`)
}

func TestPageEscapes(t *testing.T) {
	t.Parallel()
	b := live.NewBoard()
	b.Note(hostile())
	_, body := page(t, b, "localhost:1", "/")
	assert.NotContains(t, body, "<script>alert")
	assert.Equal(t, 1, strings.Count(body, "<script>"), "its own")
	assert.Equal(t, 3, strings.Count(body, "<li"), "the decision and its checks")
}

// A name of somebody else that leads to this machine reads nothing.
func TestPageIsOfThisMachine(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "localhost:8080": 200, "[::1]:8080": 200,
		"evil.example:8080": 421, "127.0.0.1.evil.example:8080": 421, "localhost": 421, "": 421, "10.0.0.1:80": 421,
	} {
		for _, path := range []string{"/", "/events"} {
			status, _ := page(t, live.NewBoard(), host, path)
			assert.Equal(t, want, status, "%s %s", host, path)
		}
	}
}

// pipes is a network in memory, whose time is that of the bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error { close(p.done); return nil }

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// reader follows the events of a board that is served with short timeouts.
type reader struct {
	t      *testing.T
	client *http.Client
}

func follow(t *testing.T, b *live.Board) reader {
	t.Helper()
	ln := pipes{make(chan net.Conn), make(chan struct{})}
	srv := &http.Server{Handler: b.Handler(), ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		server, client := net.Pipe()
		ln.conns <- server
		return client, nil
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = srv.Close()
		b.Close()
		synctest.Wait()
	})
	return reader{t, &http.Client{Transport: transport}}
}

func (r reader) open(after, lastEventID string) *http.Response {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://localhost:1/events?after="+after, nil)
	require.NoError(r.t, err)
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := r.client.Do(req)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// ids reads a stream all the time, as a browser does, and hands out the ids of
// its events. The channel is closed with the stream.
func ids(resp *http.Response) <-chan string {
	list := make(chan string, 100)
	go func() {
		defer close(list)
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				list <- id
			}
		}
	}()
	return list
}

// A page follows for as long as it is open, past the timeouts of the server,
// from where it was, and ends with the board.
func TestEventsFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := live.NewBoard()
		for range 3 {
			b.Note(live.Decision{})
		}
		r := follow(t, b)
		resp := r.open("2", "")
		assert.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
		seen := ids(resp)
		assert.Equal(t, "3", <-seen)
		for n := range 3 {
			time.Sleep(10 * time.Minute)
			b.Note(live.Decision{})
			assert.Equal(t, fmt.Sprint(4+n), <-seen)
		}
		again := ids(r.open("2", "5"))
		assert.Equal(t, "6", <-again, "connected again")
		b.Close()
		for _, stream := range []<-chan string{seen, again} {
			select {
			case _, more := <-stream:
				assert.False(t, more)
			case <-time.After(time.Minute):
				t.Error("the stream goes on")
			}
		}
	})
}

// A page that does not read is let go, and what it missed is kept for none.
func TestEventsOfASlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := live.NewBoard()
		resp := follow(t, b).open("0", "")
		for range 200 {
			b.Note(live.Decision{Why: strings.Repeat("x", 500)})
			time.Sleep(time.Second)
		}
		count := 0
		for range ids(resp) {
			count++
		}
		assert.Less(t, count, 60)
	})
}

// An event is one piece of text, with any content.
func TestEventsEscape(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := live.NewBoard()
		b.Note(hostile())
		b.Note(live.Decision{})
		lines := bufio.NewScanner(follow(t, b).open("0", "").Body)
		for lines.Scan() && lines.Text() != "id: 2" {
			field, _, _ := strings.Cut(lines.Text(), ":")
			assert.Contains(t, []string{"id", "data", ""}, field)
			assert.NotContains(t, lines.Text(), "<script")
			assert.NotEqual(t, "data: x", lines.Text())
		}
	})
}

// Pages that stay open take up no more than their room.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := live.NewBoard()
		r := follow(t, b)
		first := r.open("0", "")
		for range 15 {
			assert.Equal(t, http.StatusOK, r.open("0", "").StatusCode)
		}
		assert.Equal(t, http.StatusServiceUnavailable, r.open("0", "").StatusCode)
		require.NoError(t, first.Body.Close())
		time.Sleep(time.Minute)
		assert.Equal(t, http.StatusOK, r.open("0", "").StatusCode)
	})
}
