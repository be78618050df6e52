package tokentest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// errRefused is what dialing a host gives that is up but does not listen.
var errRefused error = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}

// listen makes the issuer reachable, and settles its identifier.
func (i *Issuer) listen() {
	i.identifier = i.options.Identifier
	if i.options.Loopback {
		i.serveLoopback()
		return
	}
	i.attacker = mint.NewAttacker(i.tb, "https://attacker.test")
	i.client = &http.Client{Transport: memory{i}}
}

// memory carries requests to the issuer by a function call in the caller's
// goroutine, which is what testing/synctest needs.
type memory struct{ issuer *Issuer }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := m.issuer.answer(r.Context(), asked(r, address(r.URL)))
	if r.Body != nil {
		_ = r.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header,
		Body:          io.NopCloser(strings.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}, nil
}

// address is how requests for a URL are counted and answered: a query does not
// matter.
func address(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// longestBody is how much of a request is read.
const longestBody = 1 << 20

// asked is what a client wants to know. A body that cannot be read is none.
func asked(r *http.Request, target string) question {
	q := question{method: r.Method, target: target, header: r.Header}
	if r.Body != nil {
		body, _ := io.ReadAll(io.LimitReader(r.Body, longestBody))
		q.body = string(body)
	}
	return q
}

// serveLoopback serves until the test ends. Requests that hang are let go
// first, for the server waits for them.
func (i *Issuer) serveLoopback() {
	i.stopped = make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(i.serveHTTP))
	i.tb.Cleanup(func() {
		close(i.stopped)
		server.Close()
	})
	u := mint.Must(url.Parse(i.identifier))
	i.identifier = server.URL + u.EscapedPath()
	i.attacker = mint.NewAttacker(i.tb, strings.TrimSuffix(i.identifier, "/")+"/attacker")
	i.client = server.Client()
}

func (i *Issuer) serveHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := i.answer(r.Context(), asked(r, "http://"+r.Host+r.URL.EscapedPath()))
	if err != nil {
		// The port stays open for ComeUp, so the nearest thing to a refused
		// connection is one that ends without an answer.
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// errStopped ends requests that hang while the test ends.
var errStopped = errors.New("tokentest: the issuer has stopped")
