package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/printable"
)

const documentURL = "https://as.example.com/document"

var errDown = errors.New("connection refused")

// roundTripper is a server in memory.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering answers each request alike. Its fields are given as name and value.
func answering(status int, body string, fields ...string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		header := http.Header{}
		for i := 0; i < len(fields); i += 2 {
			header.Set(fields[i], fields[i+1])
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func newClient(transport http.RoundTripper) *fetch.Client {
	return fetch.New(fetch.Config{
		HTTPClient: &http.Client{Transport: transport}, FetchTimeout: 5 * time.Second, Settings: "Config", Now: time.Now,
	})
}

// methods are the two exchanges, which have the same limits and errors.
var methods = map[string]func(context.Context, *fetch.Client) (fetch.Answer, error){
	"GET": func(ctx context.Context, c *fetch.Client) (fetch.Answer, error) {
		return c.Get(ctx, fetch.Query{Target: target()})
	},
	"POST": func(ctx context.Context, c *fetch.Client) (fetch.Answer, error) {
		return c.Post(ctx, target(), fetch.Form{Values: url.Values{"token": {"secret"}}, Authorization: "Basic c2VjcmV0"})
	},
}

func target() fetch.Target {
	return fetch.Target{Document: "answer", URL: documentURL, Accept: "application/json", Limit: 64}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server roundTripper
		want   error // nil: the body "good"
		text   string
	}{
		"good":             {answering(200, "good"), nil, ""},
		"identity":         {answering(200, "good", "Content-Encoding", "identity"), nil, ""},
		"other success":    {answering(201, "good"), fetch.ErrStatus, "status is 201, want 200"},
		"error":            {answering(400, `{"error":"x"}`), fetch.ErrStatus, "status is 400, want 200"},
		"error at a place": {answering(400, "", "Location", "https://x.example"), fetch.ErrStatus, "status is 400, want 200"},
		"not modified":     {answering(304, ""), fetch.ErrStatus, "status is 304, want 200"},
		"redirect":         {answering(307, "", "Location", "https://x.example/secret"), fetch.ErrStatus, `status is 307 to host "x.example", want 200: redirects are not followed`},
		"bad redirect":     {answering(300, "", "Location", "%zz"), fetch.ErrStatus, "status is 300 to an unreadable place, want 200: redirects are not followed"},
		"compressed":       {answering(200, "", "Content-Encoding", "gzip\n"), fetch.ErrEncoding, `content encoding is "gzip\n", want none`},
		"too large":        {answering(200, strings.Repeat(" ", 65)), fetch.ErrTooLarge, "the answer has more than 64 bytes"},
		"silent":           {silent, fetch.ErrTimeout, "no full answer in time (see Config.FetchTimeout)"},
		"foreign deadline": {func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }, fetch.ErrTimeout, "no full answer in time (see Config.FetchTimeout)"},
		"foreign end":      {func(*http.Request) (*http.Response, error) { return nil, context.Canceled }, fetch.ErrTimeout, "no full answer in time (see Config.FetchTimeout): context canceled"},
		"silent, unwrapped": {func(r *http.Request) (*http.Response, error) {
			_, _ = silent(r)
			return nil, errDown
		}, fetch.ErrTimeout, "no full answer in time (see Config.FetchTimeout): connection refused"},
		"down": {func(*http.Request) (*http.Response, error) { return nil, errDown }, errDown, "connection refused"},
	}
	for method, send := range methods {
		for name, test := range tests {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					a, err := send(t.Context(), newClient(test.server))
					if test.want == nil {
						require.NoError(t, err)
						assert.Equal(t, "good", string(a.Body))
						return
					}
					require.ErrorIs(t, err, test.want)
					require.NotErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, "answer "+documentURL+": "+test.text, strings.TrimSuffix(err.Error(), ": context deadline exceeded"))
					assert.True(t, printable.Is(err.Error()), err)
				})
			})
		}
	}
}

// What is no URL is an error and not a request.
func TestTargetsThatAreNoURL(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"https://as.example.com/%zz", ":", "https://as.example.com\n"} {
		_, err := newClient(roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, errDown
		})).Get(t.Context(), fetch.Query{Target: fetch.Target{Document: "answer", URL: raw}})
		require.Error(t, err, raw)
		require.NotErrorIs(t, err, errDown, raw)
		assert.True(t, printable.Is(err.Error()), err)
	}
}

// endsWith is an empty body at whose end something happens.
type endsWith func()

func (f endsWith) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

// An answer that came whole is good, although the caller leaves at that moment.
func TestAnswerAtTheLastMoment(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	a, err := newClient(roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(endsWith(cancel)), Request: r}, nil
	})).Get(ctx, fetch.Query{Target: target()})
	require.NoError(t, err)
	require.Error(t, ctx.Err())
	assert.Equal(t, 200, a.Status)
}

// What came beside an error is there for a caller who knows more about it.
func TestAnswerBesideAnError(t *testing.T) {
	t.Parallel()
	a, err := newClient(answering(401, "", "WWW-Authenticate", "Basic")).Get(t.Context(), fetch.Query{Target: target()})
	require.ErrorIs(t, err, fetch.ErrStatus)
	assert.Equal(t, 401, a.Status)
	assert.Equal(t, "Basic", a.Header.Get("WWW-Authenticate"))
}

func TestRequests(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	jar.SetCookies(&url.URL{Scheme: "https", Host: "as.example.com"}, []*http.Cookie{{Name: "session", Value: "secret"}})
	for method, send := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			sent := 0
			given := &http.Client{Jar: jar, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				sent++
				assert.Equal(t, method, r.Method)
				assert.Equal(t, "application/json", r.Header.Get("Accept"))
				assert.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
				assert.Empty(t, r.Header.Get("Cookie"))
				assert.Nil(t, r.GetBody, "a transport must not be able to send it again")
				body, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				if method == "POST" {
					assert.Equal(t, "token=secret", string(body))
					assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
					assert.Equal(t, "Basic c2VjcmV0", r.Header.Get("Authorization"))
				} else {
					assert.Empty(t, body)
					assert.Empty(t, r.Header.Get("Content-Type")+r.Header.Get("Authorization"))
				}
				return nil, errDown
			})}
			_, err := send(t.Context(), fetch.New(fetch.Config{HTTPClient: given, FetchTimeout: time.Second, Now: time.Now}))
			require.ErrorIs(t, err, errDown)
			assert.NotContains(t, err.Error(), "secret")
			assert.Equal(t, 1, sent, "not tried again")
			assert.NotNil(t, given.Jar, "the client given stays as it was")
		})
	}
}

func TestConditionalQuery(t *testing.T) {
	t.Parallel()
	field := func(value string) []string { // an empty one is not sent
		if value == "" {
			return nil
		}
		return []string{value}
	}
	for name, q := range map[string]fetch.Query{
		"ETag": {ETag: `"1"`}, "date": {LastModified: "Sat, 01 Jan 2000 00:00:00 GMT"}, "revalidate": {ETag: `"1"`, Revalidate: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q.Target = target()
			a, err := newClient(roundTripper(func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, field(q.ETag), r.Header.Values("If-None-Match"))
				assert.Equal(t, field(q.LastModified), r.Header.Values("If-Modified-Since"))
				assert.Equal(t, q.Revalidate, r.Header.Get("Cache-Control") == "no-cache")
				return answering(304, "must not be read")(r)
			})).Get(t.Context(), q)
			require.NoError(t, err)
			assert.True(t, a.NotModified())
			assert.Empty(t, a.Body)
		})
	}
}

// A condition makes a good answer of a 304 and of no other status.
func TestConditionalQueryThatFails(t *testing.T) {
	t.Parallel()
	for _, status := range []int{201, 204, 302, 305, 404, 412, 500} {
		_, err := newClient(answering(status, "good")).Get(t.Context(), fetch.Query{Target: target(), ETag: `"1"`})
		require.ErrorIs(t, err, fetch.ErrStatus, status)
	}
}

func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]error{128<<10 - len("token="): nil, 128<<10 - len("token=") + 1: fetch.ErrTooLarge} {
		sent := false
		c := newClient(roundTripper(func(r *http.Request) (*http.Response, error) {
			sent = true
			assert.NotContains(t, r.Header, "Authorization", "there are no credentials")
			return answering(200, "")(r)
		}))
		_, err := c.Post(t.Context(), target(), fetch.Form{Values: url.Values{"token": {strings.Repeat("t", size)}}})
		require.ErrorIs(t, err, want)
		assert.Equal(t, want == nil, sent)
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var started []string
		var done []fetch.Done
		c := fetch.New(fetch.Config{
			HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				time.Sleep(time.Second)
				return answering(200, "good")(r)
			})},
			FetchTimeout: time.Minute, Now: time.Now,
			Hooks: fetch.Hooks{
				Start: func(url string) { started = append(started, url) },
				Done:  func(d fetch.Done) { done = append(done, d) },
			},
		})
		asked := time.Now()
		a, err := c.Get(t.Context(), fetch.Query{Target: target()})
		require.NoError(t, err)
		assert.Equal(t, asked, a.Asked)
		assert.Equal(t, []string{documentURL}, started)
		assert.Equal(t, []fetch.Done{{URL: documentURL, Status: 200, Bytes: 4, Duration: time.Second}}, done)
	})
}

func TestLooks(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]fetch.Answer{
		"the body is empty": {},
		`content type is "text/html", the body begins "<html>"`: {Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte("<html>")},
		`the body begins "` + strings.Repeat("b", 60) + `"`:     {Body: []byte(strings.Repeat("b", 61))},
	} {
		assert.Equal(t, want, a.Looks())
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		field  string
		want   time.Duration
	}{
		"seconds":             {503, "9", 9 * time.Second},
		"too many requests":   {429, " 60 ", time.Minute},
		"date":                {503, "Sat, 01 Jan 2000 00:00:30 GMT", 30 * time.Second}, // synctest begins at midnight
		"date in the past":    {503, "Fri, 31 Dec 1999 23:59:59 GMT", 0},
		"a year":              {503, "31536000", 10 * time.Minute},
		"negative":            {503, "-1", 0},
		"nonsense":            {503, "soon", 0},
		"nothing":             {503, "", 0},
		"of another status":   {500, "9", 0},
		"of a redirect":       {301, "9", 0},
		"of an authorization": {401, "9", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := newClient(answering(test.status, "", "Retry-After", test.field)).Get(t.Context(), fetch.Query{Target: target()})
				require.ErrorIs(t, err, fetch.ErrStatus)
				assert.Equal(t, test.want, fetch.RetryAfter(fmt.Errorf("wrapped: %w", err)))
			})
		})
	}
	assert.Zero(t, fetch.RetryAfter(nil))
}

func TestJoin(t *testing.T) {
	t.Parallel()
	_, busy := newClient(answering(503, "", "Retry-After", "9")).Get(t.Context(), fetch.Query{Target: target()})
	for want, pick := range map[time.Duration]func([]time.Duration) time.Duration{
		0:               func(w []time.Duration) time.Duration { return min(w[0], w[1]) },
		9 * time.Second: func(w []time.Duration) time.Duration { return max(w[0], w[1]) },
	} {
		err := fetch.Join([]error{errDown, busy}, pick)
		require.ErrorIs(t, err, errDown)
		require.ErrorIs(t, err, fetch.ErrStatus)
		assert.Equal(t, "connection refused; "+busy.Error(), err.Error())
		assert.Equal(t, want, fetch.RetryAfter(err))
	}
}
