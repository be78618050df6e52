package introspect_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
)

// asked is an Authenticator with a transport of its own that asks a server on this machine.
func asked(t *testing.T, server *httptest.Server, edits ...func(*introspect.Config)) *introspect.Authenticator {
	t.Helper()
	cfg := introspect.Config{
		Issuer: issuerID, Audience: []string{audience}, Endpoint: server.URL, Credentials: introspect.Basic("photos", "secret"),
	}
	for _, edit := range edits {
		edit(&cfg)
	}
	a, err := introspect.New(cfg)
	require.NoError(t, err)
	return a
}

// Requests share connections. One that the server ends as it is used again costs no call.
func TestConnections(t *testing.T) {
	t.Parallel()
	var connections, requests, cut atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		if cut.Load() > 0 {
			cut.Add(-1)
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, text(good(nil)))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	a := asked(t, server)
	for n := range 5 {
		_, err := judge(t, a, fmt.Sprint("opaque-", n))
		require.NoError(t, err)
	}
	assert.EqualValues(t, 1, connections.Load())
	cut.Store(1)
	_, err := judge(t, a, "opaque-cut")
	require.NoError(t, err)
	assert.EqualValues(t, 7, requests.Load())
	cut.Store(3)
	_, err = judge(t, a, "opaque-down")
	require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
	assert.EqualValues(t, 9, requests.Load(), "once more, and not again")
	before := requests.Load()
	_, err = judge(t, a, "opaque-fresh") // on a connection that is new
	require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
	assert.EqualValues(t, before+1, requests.Load())
}

// A request that was answered, or that took too long, is not made again.
func TestConnectionsOnce(t *testing.T) {
	t.Parallel()
	var requests, mode atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		switch mode.Load() {
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2:
			_, _ = io.ReadAll(r.Body)
			<-r.Context().Done()
		default:
			_, _ = io.WriteString(w, text(good(nil)))
		}
	}))
	defer server.Close()
	a := asked(t, server, func(c *introspect.Config) { c.FetchTimeout = 200 * time.Millisecond })
	for n, want := range []error{nil, token.ErrIntrospectionUnavailable, token.ErrIntrospectionUnavailable} {
		mode.Store(int32(n))
		_, err := judge(t, a, fmt.Sprint("opaque-", n))
		require.ErrorIs(t, err, want)
		assert.EqualValues(t, n+1, requests.Load())
	}
}

// C_7662-2.1-2: the certificate of the service, over a connection of this package's transport.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	own, stranger := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := r.TLS.PeerCertificates
		if len(shown) != 1 || !shown[0].Equal(own.X509()) || r.FormValue("client_id") != "photos" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, text(good(nil)))
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for name, row := range map[string]struct {
		shown *tokentest.Certificate
		roots *x509.CertPool
		want  error
	}{
		"C_7662-2.1-2 mTLS, its own":             {own, roots, nil},
		"C_7662-2.1-2 mTLS, a stranger's":        {stranger, roots, token.ErrIntrospectionUnavailable},
		"C_7662-4-1 the server's is not trusted": {own, nil, token.ErrIntrospectionUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			a := asked(t, server, func(c *introspect.Config) {
				c.RootCAs = row.roots
				c.Credentials = introspect.MTLS("photos", func() (*tls.Certificate, error) {
					certificate := row.shown.TLS()
					return &certificate, nil
				})
			})
			_, err := judge(t, a, "opaque-1")
			require.ErrorIs(t, err, row.want)
		})
	}
}

// Printing settings and what is made of them shows no secret.
func TestPrintingShowsNoSecrets(t *testing.T) {
	t.Parallel()
	proxy := url.URL{Scheme: "http", Host: "proxy.example", User: url.UserPassword("me", "s3cr3t")}
	cfg := introspect.Config{
		Issuer: issuerID, Audience: []string{audience}, Endpoint: endpoint, Proxy: proxy.String(),
		Credentials: introspect.Post("photos", "s3cr3t"),
	}
	a, err := introspect.New(cfg)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{cfg, &cfg, a, cfg.Credentials} {
			assert.NotContains(t, fmt.Sprintf(verb, value), "s3cr3t", verb)
		}
	}
}
