package dpop_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// host is a guarded service over TLS that demands nonces of its own.
type host struct {
	*httptest.Server
	attempts atomic.Int64
	outages  atomic.Int64 // calls to be answered 503
	bodies   sync.Map
}

func newHost(t *testing.T, issuer *tokentest.Issuer) *host {
	t.Helper()
	checker, err := dpop.New(dpop.Config{Required: true, Nonces: dpop.NewLocalNonces()})
	require.NoError(t, err)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	h := &host{}
	guarded := middleware.New(verifier, nil).Require(scope.Authenticated)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.outages.Add(-1) >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		h.bodies.Store(string(body), true)
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.attempts.Add(1)
		guarded.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

// town is two hosts with one issuer, and a client for both.
func town(t *testing.T) (a, b *host, client *http.Client) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	a, b = newHost(t, issuer), newHost(t, issuer)
	_, prover := newProver(t)
	bound := issuer.Token(bind(prover))
	credentials := newClient(t, func(c *dpop.ClientConfig) { c.Prover, c.Tokens = prover, tokensOf(bound, "DPoP") }, a.URL, b.URL)
	transport, err := dpop.NewTransport(credentials, a.Client().Transport) // which trusts b, too
	require.NoError(t, err)
	client = &http.Client{Transport: transport}
	t.Cleanup(client.CloseIdleConnections)
	return a, b, client
}

func post(t *testing.T, client *http.Client, url, body string) int {
	t.Helper()
	resp, err := client.Do(newRequest(t, "POST", url, strings.NewReader(body)))
	if !assert.NoError(t, err) {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	assert.NoError(t, err)
	return resp.StatusCode
}

// The first call to a host learns its nonce, and all further ones have it, without
// those of one host getting to the other.
func TestTransportAndNoncesOfTwoHosts(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-9449-2", func(t *testing.T) {
		t.Parallel()
		a, b, client := town(t)
		for range 3 {
			assert.Equal(t, 200, post(t, client, a.URL+"/a%2Fb?x=1", "first"))
			assert.Equal(t, 200, post(t, client, b.URL, "second"))
		}
		assert.EqualValues(t, 4, a.attempts.Load())
		assert.EqualValues(t, 4, b.attempts.Load())
		_, ok := a.bodies.Load("first")
		assert.True(t, ok, "the second attempt has the whole body")
	})
}

// The guard takes each proof once, so that a retry shows whether it has its own.
func TestTransportAfterAnOutage(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-9449-1", func(t *testing.T) {
		t.Parallel()
		a, _, client := town(t)
		a.outages.Store(1)
		assert.Equal(t, 503, post(t, client, a.URL, "x"))
		assert.Equal(t, 200, post(t, client, a.URL, "x"))
		assert.EqualValues(t, 3, a.attempts.Load())
	})
}

func TestTransportConcurrently(t *testing.T) {
	t.Parallel()
	a, b, client := town(t)
	var calls sync.WaitGroup
	for i := range 40 {
		target := []string{a.URL, b.URL}[i%2]
		calls.Go(func() { assert.Equal(t, 200, post(t, client, target, "x")) })
	}
	calls.Wait()
	for _, h := range []*host{a, b} {
		assert.LessOrEqual(t, h.attempts.Load(), int64(40))
	}
}

// Without a base it has a transport of its own.
func TestTransportOfItsOwn(t *testing.T) {
	t.Parallel()
	var got http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	t.Cleanup(srv.Close)
	transport, err := dpop.NewTransport(newClient(t, nil, srv.URL), nil)
	require.NoError(t, err)
	client := &http.Client{Transport: transport}
	assert.Equal(t, 200, post(t, client, srv.URL+"/orders", "x"))
	client.CloseIdleConnections()
	assert.Equal(t, "DPoP "+accessToken, got.Get("Authorization"))
	_, claims := decoded(t, got.Get("DPoP"))
	assert.Equal(t, srv.URL+"/orders", claims["htu"])
	srv.Close()
	_, err = client.Do(newRequest(t, "GET", srv.URL, nil)) //nolint:bodyclose // there is no response
	assert.Error(t, err)
	assert.NotContains(t, err.Error(), accessToken)
	(&http.Client{Transport: newTransport(t, &network{})}).CloseIdleConnections()
}
