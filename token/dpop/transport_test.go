package dpop_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop"
)

// network is a transport that answers without a socket, and keeps what it was given.
type network struct {
	answer func(n int, r *http.Request) *http.Response // nil: 200
	seen   []*http.Request
	bodies []string
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.seen = append(n.seen, r)
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		n.bodies = append(n.bodies, string(b))
		_ = r.Body.Close()
	}
	resp := answer(200)
	if n.answer != nil {
		resp = n.answer(len(n.seen), r)
	}
	resp.Request = r
	return resp, nil
}

func answer(status int, fields ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
	for i := 0; i < len(fields); i += 2 {
		resp.Header.Add(fields[i], fields[i+1])
	}
	return resp
}

const demand = `DPoP error="use_dpop_nonce", algs="ES256"`

// wants is a refusal with a nonce.
func wants(nonce string) *http.Response {
	return answer(401, "WWW-Authenticate", `Bearer realm="api"`, "WWW-Authenticate", demand, "DPoP-Nonce", nonce)
}

const listed = "https://api.example.com/orders"

func newTransport(t testing.TB, base http.RoundTripper) *dpop.Transport {
	t.Helper()
	transport, err := dpop.NewTransport(newClient(t, nil, "https://api.example.com", "https://b.example.com", "http://127.0.0.1:81"), base)
	require.NoError(t, err)
	return transport
}

func newRequest(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	return r
}

// nonces is what the proofs of the requests had.
func (n *network) nonces(t *testing.T) (all []any) {
	t.Helper()
	for _, r := range n.seen {
		require.Len(t, r.Header["Dpop"], 1)
		_, claims := decoded(t, r.Header.Get("DPoP"))
		all = append(all, claims["nonce"])
	}
	return all
}

// closing tells whether a body was closed, and how much of it was read.
type closing struct {
	io.Reader
	read   int
	closed bool
}

func (c *closing) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func (c *closing) Close() error { c.closed = true; return nil }

// Only a demand for another nonce is answered by another attempt, and only once.
func TestTransportTriesAgain(t *testing.T) {
	t.Parallel()
	fresh := func(n int, _ *http.Request) *http.Response { return wants("n" + strconv.Itoa(n)) }
	for name, row := range map[string]struct {
		answer func(int, *http.Request) *http.Response
		nonces []any
		status int
	}{
		"a demand": {func(n int, _ *http.Request) *http.Response {
			return []*http.Response{wants("n1"), answer(200)}[n-1]
		}, []any{nil, "n1"}, 200},
		"a demand at every time": {fresh, []any{nil, "n1"}, 401},
		"no nonce":               {func(int, *http.Request) *http.Response { return answer(401, "WWW-Authenticate", demand) }, []any{nil}, 401},
		"two nonces": {func(int, *http.Request) *http.Response {
			return answer(401, "WWW-Authenticate", demand, "DPoP-Nonce", "a", "DPoP-Nonce", "b")
		}, []any{nil}, 401},
		"no demand": {func(int, *http.Request) *http.Response {
			return answer(401, "WWW-Authenticate", `DPoP error="invalid_token"`, "DPoP-Nonce", "n")
		}, []any{nil}, 401},
		"a demand of Bearer": {func(int, *http.Request) *http.Response {
			return answer(401, "WWW-Authenticate", `Bearer error="use_dpop_nonce"`, "DPoP-Nonce", "n")
		}, []any{nil}, 401},
		"another status": {func(int, *http.Request) *http.Response {
			return answer(400, "WWW-Authenticate", demand, "DPoP-Nonce", "n")
		}, []any{nil}, 400},
		"an outage": {func(int, *http.Request) *http.Response { return answer(503, "DPoP-Nonce", "n") }, []any{nil}, 503},
	} {
		t.Run("C_OUT-9449-3 "+name, func(t *testing.T) {
			t.Parallel()
			for _, body := range []string{"", "content"} {
				net := &network{answer: row.answer}
				var r *http.Request
				if body == "" {
					r = newRequest(t, "DELETE", listed, nil)
				} else {
					r = newRequest(t, "POST", listed, strings.NewReader(body))
				}
				resp, err := newTransport(t, net).RoundTrip(r)
				require.NoError(t, err)
				_ = resp.Body.Close()
				assert.Equal(t, row.status, resp.StatusCode)
				assert.Equal(t, row.nonces, net.nonces(t))
				for _, sent := range net.bodies {
					assert.Equal(t, body, sent)
				}
				assert.Same(t, r, resp.Request)
			}
		})
	}
}

// The nonce that a proof has had already will not do better.
func TestTransportKeepsNonces(t *testing.T) {
	t.Parallel()
	net := &network{answer: func(n int, _ *http.Request) *http.Response {
		return []*http.Response{answer(200, "DPoP-Nonce", "a"), wants("a"), answer(503, "DPoP-Nonce", "b"), answer(200), answer(200)}[n-1]
	}}
	transport := newTransport(t, net)
	for range 4 {
		resp, err := transport.RoundTrip(newRequest(t, "GET", listed, nil))
		require.NoError(t, err)
		_ = resp.Body.Close()
	}
	resp, err := transport.RoundTrip(newRequest(t, "GET", "https://b.example.com/orders", nil))
	require.NoError(t, err)
	_ = resp.Body.Close()
	assert.Equal(t, []any{nil, "a", "a", "b", nil}, net.nonces(t))
	ids := map[any]bool{}
	for _, r := range net.seen {
		_, claims := decoded(t, r.Header.Get("DPoP"))
		ids[claims["jti"]] = true
	}
	assert.Len(t, ids, 5)
}

// A body that is gone cannot be sent again. The caller gets the refusal.
func TestTransportAndBodies(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		again func() (io.ReadCloser, error)
		sent  []string
	}{
		"once":     {nil, []string{"content"}},
		"again":    {func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("content")), nil }, []string{"content", "content"}},
		"an error": {func() (io.ReadCloser, error) { return nil, errors.New("gone") }, []string{"content"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal := &closing{Reader: strings.NewReader(strings.Repeat("x", 1<<20))}
			net := &network{answer: func(n int, _ *http.Request) *http.Response {
				resp := wants("n" + strconv.Itoa(n))
				if n == 1 {
					resp.Body = refusal
				}
				return resp
			}}
			body := &closing{Reader: strings.NewReader("content")}
			r := newRequest(t, "POST", listed, body)
			r.GetBody = row.again
			resp, err := newTransport(t, net).RoundTrip(r)
			require.NoError(t, err)
			assert.Equal(t, 401, resp.StatusCode)
			assert.Equal(t, row.sent, net.bodies)
			assert.True(t, body.closed)
			retried := len(row.sent) == 2
			assert.Equal(t, retried, refusal.closed, "the caller closes the one that it gets")
			if retried {
				assert.LessOrEqual(t, refusal.read, 32<<10)
			} else {
				assert.Zero(t, refusal.read)
			}
		})
	}
}

// The request is the caller's.
func TestTransportLeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	net := &network{}
	r := newRequest(t, "", listed, nil)
	r.Method, r.Header = "", http.Header{"X-Trace": {"1"}}
	resp, err := newTransport(t, net).RoundTrip(r)
	require.NoError(t, err)
	_ = resp.Body.Close()
	assert.Equal(t, http.Header{"X-Trace": {"1"}}, r.Header)
	assert.Equal(t, "1", net.seen[0].Header.Get("X-Trace"))
	_, claims := decoded(t, net.seen[0].Header.Get("DPoP"))
	assert.Equal(t, "GET", claims["htm"])
	r.Header = nil
	resp, err = newTransport(t, net).RoundTrip(r)
	require.NoError(t, err)
	_ = resp.Body.Close()
	assert.Nil(t, r.Header)
}

// Requests that no proof can be made for do not leave, and their bodies are closed.
func TestTransportRefuses(t *testing.T) {
	t.Parallel()
	source := errors.New("no token")
	for name, row := range map[string]struct {
		edit func(*http.Request)
		want error
	}{
		"Authorization":                  {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, dpop.ErrOwnCredentials},
		"Authorization, in another case": {func(r *http.Request) { r.Header["authorization"] = nil }, dpop.ErrOwnCredentials},
		"DPoP":                           {func(r *http.Request) { r.Header["DPoP"] = []string{"x"} }, dpop.ErrOwnCredentials},
		"Host of another":                {func(r *http.Request) { r.Host = "evil.example" }, dpop.ErrTarget},
		"Host with another port":         {func(r *http.Request) { r.Host = "api.example.com:444" }, dpop.ErrTarget},
		"Host, the same":                 {func(r *http.Request) { r.Host = "API.example.com:443" }, nil},
		"no Host":                        {func(r *http.Request) { r.Host = "" }, nil},
		"opaque":                         {func(r *http.Request) { r.URL.Opaque = "//evil.example/x" }, dpop.ErrTarget},
		"a token of a kind of its own":   {func(r *http.Request) { r.Header.Set("Txn-Token", "x") }, nil},
		"a redirect in clear":            {func(r *http.Request) { redirected(r, "https://127.0.0.1:81/"); r.URL.Scheme = "http" }, dpop.ErrDowngrade},
		"a redirect in clear, to a stranger": {func(r *http.Request) {
			redirected(r, listed)
			r.URL.Scheme, r.URL.Host = "http", "evil.example"
		}, dpop.ErrDowngrade},
		"no token": {nil, source},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := &network{}
			body := &closing{Reader: strings.NewReader("content")}
			r := newRequest(t, "POST", listed, body)
			transport := newTransport(t, net)
			if row.edit != nil {
				row.edit(r)
			} else {
				client := newClient(t, func(c *dpop.ClientConfig) { c.Tokens = failing(source) }, "https://api.example.com")
				transport, _ = dpop.NewTransport(client, net)
			}
			resp, err := transport.RoundTrip(r)
			require.ErrorIs(t, err, row.want)
			assert.True(t, body.closed)
			if row.want != nil {
				assert.Empty(t, net.seen)
				assert.Nil(t, resp)
				return
			}
			_ = resp.Body.Close()
			assert.Len(t, net.seen, 1)
		})
	}
}

// redirected makes r what follows a redirect of a response from there.
func redirected(r *http.Request, from string) {
	before, err := http.NewRequest(http.MethodGet, from, nil) //nolint:noctx // it is not sent
	if err != nil {
		panic(err)
	}
	r.Response = &http.Response{Request: before}
}
