package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// network is a transport that answers without a socket, and keeps what it was
// given. A host of redirects sends callers elsewhere.
type network struct {
	redirects map[string]string
	seen      []*http.Request
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.seen = append(n.seen, r)
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
	if to, ok := n.redirects[r.URL.Host]; ok {
		resp.StatusCode = http.StatusTemporaryRedirect
		resp.Header.Set("Location", to)
	}
	return resp, nil
}

// authorizations is what the hosts were sent, in order.
func (n *network) authorizations() []string {
	var sent []string
	for _, r := range n.seen {
		sent = append(sent, r.URL.Host+" "+strings.Join(r.Header["Authorization"], "|"))
	}
	return sent
}

func forwarder(t *testing.T, base http.RoundTripper, origins ...string) *middleware.Forwarder {
	t.Helper()
	f, err := middleware.NewForwarder(base, origins...)
	require.NoError(t, err)
	return f
}

func outbound(t *testing.T, verified *token.Token, target string) *http.Request {
	t.Helper()
	ctx := t.Context()
	if verified != nil {
		ctx = token.NewContext(ctx, verified)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	require.NoError(t, err)
	return r
}

func TestForwarder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	verified := w.verified(t)
	origins := []string{"https://photos.example.com", "https://albums.example.com:8443", "http://127.0.0.1:8081", "https://LocalHost:443", "http://[::1]:9000"}
	for _, row := range []struct {
		target string
		sent   bool
	}{
		{"https://photos.example.com/a?b", true},
		{"https://photos.example.com:443/a", true},
		{"https://PHOTOS.example.COM/a", true},
		{"https://albums.example.com:8443/", true},
		{"http://127.0.0.1:8081/", true},
		{"https://localhost/", true},
		{"http://[::1]:9000/", true},

		{"http://photos.example.com/", false},
		{"http://photos.example.com:443/", false},
		{"https://photos.example.com:8443/", false},
		{"https://photos.example.com:0443/", false},
		{"https://albums.example.com/", false},
		{"https://photos.example.com.evil.example/", false},
		{"https://photos.example.com./", false},
		{"https://evilphotos.example.com/", false},
		{"https://example.com/photos.example.com", false},
		{"https://photos.example.com@evil.example/", false},
		{"https://photo\u017f.example.com/", false},
		{"http://127.0.0.1:8082/", false},
		{"http://127.0.0.2:8081/", false},
		{"https://127.0.0.1:8081/", false},
		{"http://localhost/", false},
	} {
		t.Run(row.target, func(t *testing.T) {
			t.Parallel()
			var net network
			resp, err := forwarder(t, &net, origins...).RoundTrip(outbound(t, verified, row.target))
			require.NoError(t, err)
			_ = resp.Body.Close()
			require.Len(t, net.seen, 1)
			if row.sent {
				assert.Equal(t, []string{"Bearer " + verified.Raw()}, net.seen[0].Header["Authorization"])
			} else {
				assert.NotContains(t, net.seen[0].Header, "Authorization")
			}
		})
	}
}

func TestForwarderLeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	var net network
	r := outbound(t, newWorld(t).verified(t), "https://photos.example.com/")
	r.Header.Set("X-Trace", "1")
	_, err := forwarder(t, &net, "https://photos.example.com").RoundTrip(r) //nolint:bodyclose // http.NoBody
	require.NoError(t, err)
	assert.Equal(t, http.Header{"X-Trace": {"1"}}, r.Header)
	assert.Equal(t, "1", net.seen[0].Header.Get("X-Trace"))
}

func TestForwarderWithoutHeader(t *testing.T) {
	t.Parallel()
	var net network
	r := outbound(t, newWorld(t).verified(t), "https://photos.example.com/")
	r.Header = nil
	_, err := forwarder(t, &net, "https://photos.example.com").RoundTrip(r) //nolint:bodyclose // http.NoBody
	require.NoError(t, err)
	assert.Len(t, net.seen[0].Header["Authorization"], 1)
}

func TestForwarderKeepsWhatTheProgramSet(t *testing.T) {
	t.Parallel()
	verified := newWorld(t).verified(t)
	for _, set := range [][]string{{"Bearer own"}, {""}, {}} {
		var net network
		r := outbound(t, verified, "https://photos.example.com/")
		r.Header["Authorization"] = set
		_, err := forwarder(t, &net, "https://photos.example.com").RoundTrip(r) //nolint:bodyclose // http.NoBody
		require.NoError(t, err)
		assert.Equal(t, set, net.seen[0].Header["Authorization"])
	}
}

func TestForwarderWithoutToken(t *testing.T) {
	t.Parallel()
	var net network
	_, err := forwarder(t, &net, "https://photos.example.com").RoundTrip(outbound(t, nil, "https://photos.example.com/")) //nolint:bodyclose // http.NoBody
	require.NoError(t, err)
	assert.Equal(t, []string{"photos.example.com "}, net.authorizations())
}

// A service that redirects does not get to choose who receives
// the token.
func TestForwarderAndRedirects(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-redir-1", func(t *testing.T) {
		verified := newWorld(t).verified(t)
		bearer := "Bearer " + verified.Raw()
		net := &network{redirects: map[string]string{
			"photos.example.com": "https://albums.example.com/",
			"albums.example.com": "https://evil.example/",
			"evil.example":       "http://photos.example.com/",
		}}
		client := &http.Client{Transport: forwarder(t, net, "https://photos.example.com", "https://albums.example.com"), CheckRedirect: atMost(3)}
		_, err := client.Do(outbound(t, verified, "https://photos.example.com/")) //nolint:bodyclose // http.NoBody
		require.NoError(t, err)
		assert.Equal(t, []string{
			"photos.example.com " + bearer,
			"albums.example.com " + bearer,
			"evil.example ",
			"photos.example.com ",
		}, net.authorizations())
	})
}

func atMost(n int) func(*http.Request, []*http.Request) error {
	return func(_ *http.Request, via []*http.Request) error {
		if len(via) > n {
			return http.ErrUseLastResponse
		}
		return nil
	}
}

// Nothing but a Forwarder attaches a token.
func TestNothingIsForwardedByDefault(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-pass-1", func(t *testing.T) {
		w := newWorld(t)
		var net network
		client := &http.Client{Transport: &net}
		handler := w.auth.Require(anybody)(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			out, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, "https://photos.example.com/", nil)
			resp, err := client.Do(out)
			if assert.NoError(t, err) {
				_ = resp.Body.Close()
			}
		}))
		assert.Equal(t, 200, serve(handler, w.good()).StatusCode)
		assert.Equal(t, []string{"photos.example.com "}, net.authorizations())
	})
}

// A bound token is of no use to the next service, and the error says so here
// rather than there. The body is closed, as http.RoundTripper asks.
func TestForwarderRefusesBoundTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.Config()
	cfg.Confirmations = []token.ConfirmationChecker{anyProof{}}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	raw := w.Token(tokentest.Claim("cnf", map[string]string{"x5t#S256": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}))
	bound, err := verifier.Authenticate(t.Context(), token.Bearer(raw))
	require.NoError(t, err)

	var net network
	body := &closeRecorder{Reader: strings.NewReader("x")}
	r := outbound(t, bound, "https://photos.example.com/")
	r.Body = body
	f := forwarder(t, &net, "https://photos.example.com")
	_, err = f.RoundTrip(r) //nolint:bodyclose // there is no response
	assert.ErrorIs(t, err, middleware.ErrBound)
	assert.NotContains(t, err.Error(), raw)
	assert.True(t, body.closed)
	assert.Empty(t, net.seen)

	_, err = f.RoundTrip(outbound(t, bound, "https://photos.example.com/")) //nolint:bodyclose // there is no response
	assert.ErrorIs(t, err, middleware.ErrBound)

	_, err = f.RoundTrip(outbound(t, bound, "https://evil.example/")) //nolint:bodyclose // http.NoBody
	assert.NoError(t, err, "elsewhere it is not attached, so there is nothing to refuse")
}

// anyProof takes everybody's word.
type anyProof struct{}

func (anyProof) Method() string                                                { return "x5t#S256" }
func (anyProof) Check(context.Context, *token.Token, token.Presentation) error { return nil }

type closeRecorder struct {
	io.Reader
	closed bool
}

func (c *closeRecorder) Close() error {
	c.closed = true
	return nil
}

func TestNewForwarder(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{
		"", "photos.example.com", "//photos.example.com", "https://", "https://photos.example.com/", "https://photos.example.com/a",
		"https://photos.example.com?a", "https://photos.example.com?", "https://photos.example.com#", "https://u:p@photos.example.com", "ftp://photos.example.com",
		"http://photos.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://localhost.example.com", "http://128.0.0.1",
		"https://ph\u00f6tos.example.com", "https://photos.example.com:x", "https://:8443", "https:photos.example.com", "http://[::2]",
	} {
		f, err := middleware.NewForwarder(nil, "https://good.example", origin)
		assert.ErrorIs(t, err, token.ErrConfig, "%q", origin)
		assert.Nil(t, f)
	}
	_, err := middleware.NewForwarder(nil)
	assert.ErrorIs(t, err, token.ErrConfig)
}

// Without a base it has a transport of its own, which works.
func TestForwarderOwnTransport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := httptest.NewServer(w.guard(anybody))
	t.Cleanup(srv.Close)
	client := &http.Client{Transport: forwarder(t, nil, srv.URL)}
	resp, err := client.Do(outbound(t, w.verified(t), srv.URL))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, "alice", body(t, resp))
	client.CloseIdleConnections()
}

// A program may have put something else in the place of http.DefaultTransport.
func TestForwarderOwnTransport_anotherDefault(t *testing.T) {
	own := http.DefaultTransport
	defer func() { http.DefaultTransport = own }()
	http.DefaultTransport = failing{errors.New("not to be used")}
	w := newWorld(t)
	srv := httptest.NewServer(w.guard(anybody))
	defer srv.Close()
	resp, err := forwarder(t, nil, srv.URL).RoundTrip(outbound(t, w.verified(t), srv.URL))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, "alice", body(t, resp))
}

func TestForwarderOverTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := httptest.NewTLSServer(w.guard(anybody))
	t.Cleanup(srv.Close)
	client := &http.Client{Transport: forwarder(t, srv.Client().Transport, srv.URL)}
	resp, err := client.Do(outbound(t, w.verified(t), srv.URL))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, "alice", body(t, resp))
}

func TestForwarderPassesErrorsOn(t *testing.T) {
	t.Parallel()
	down := errors.New("connection refused")
	f := forwarder(t, failing{down}, "https://photos.example.com")
	_, err := (&http.Client{Transport: f}).Do(outbound(t, newWorld(t).verified(t), "https://photos.example.com/")) //nolint:bodyclose // there is no response
	assert.ErrorIs(t, err, down)
	var wrapped *url.Error
	assert.ErrorAs(t, err, &wrapped)
	(&http.Client{Transport: f}).CloseIdleConnections()
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }
