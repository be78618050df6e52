package introspect_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

const (
	issuerID = "https://as.example.com"
	endpoint = "https://as.example.com/introspect"
	audience = "https://api.example.com"
)

// members of an answer.
type members map[string]any

// issuer is an introspection endpoint in memory, for testing/synctest: it is called in the
// goroutine of the request.
type issuer struct {
	mu       sync.Mutex
	requests []request
	answer   func(r request) answer
	delay    time.Duration
}

type request struct {
	url    string
	method string
	header http.Header
	form   url.Values
	at     time.Time
}

type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte{}
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	form, _ := url.ParseQuery(string(body))
	seen := request{r.URL.String(), r.Method, r.Header.Clone(), form, time.Now()}
	i.mu.Lock()
	i.requests = append(i.requests, seen)
	answers, delay := i.answer, i.delay
	i.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	a := answers(seen)
	if a.err != nil {
		return nil, a.err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	maps.Copy(header, a.header)
	return &http.Response{
		Status: fmt.Sprint(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

// asked is the number of requests so far.
func (i *issuer) asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.requests)
}

func (i *issuer) last() request {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests[len(i.requests)-1]
}

// set changes the answers from now on.
func (i *issuer) set(answer func(request) answer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

func (i *issuer) slow(delay time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.delay = delay
}

func always(a answer) func(request) answer { return func(request) answer { return a } }

func ok(body string) answer { return answer{status: 200, body: body} }

func text(m members) string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// good are the members of an answer that passes, with changes. Nil takes a member out.
func good(changes members) members {
	m := members{
		"active": true, "iss": issuerID, "aud": audience, "sub": "alice", "client_id": "web",
		"exp": time.Now().Add(5 * time.Minute).Unix(), "scope": "photos:read photos:write", "token_type": "Bearer",
	}
	for name, value := range changes {
		if value == nil {
			delete(m, name)
			continue
		}
		m[name] = value
	}
	return m
}

func goodAnswer(changes members) answer { return ok(text(good(changes))) }

// known answers about one good token, and that all others are inactive.
func known(raw string) func(request) answer {
	return func(r request) answer {
		if r.form.Get("token") != raw {
			return ok(`{"active":false}`)
		}
		return goodAnswer(nil)
	}
}

func config(i *issuer, edits ...func(*introspect.Config)) introspect.Config {
	c := introspect.Config{
		Issuer: issuerID, Audience: []string{audience}, Endpoint: endpoint,
		Credentials: introspect.Basic("photos", "secret"),
		HTTPClient:  &http.Client{Transport: i},
	}
	for _, edit := range edits {
		edit(&c)
	}
	return c
}

func authenticator(tb testing.TB, i *issuer, edits ...func(*introspect.Config)) *introspect.Authenticator {
	tb.Helper()
	a, err := introspect.New(config(i, edits...))
	require.NoError(tb, err)
	return a
}

// judge asks about a bearer token.
func judge(tb testing.TB, a token.Authenticator, raw string) (*token.Token, error) {
	tb.Helper()
	return a.Authenticate(tb.Context(), token.Bearer(raw))
}
