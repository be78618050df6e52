package mtls_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

const onThisMachine = "127.0.0.0/8"

// guarded is a handler behind a service.
func guarded(s service) http.Handler {
	return middleware.New(s.verifier, nil).Require(scope.Authenticated)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Vary", "Accept")
		_, _ = io.WriteString(w, "in")
	}))
}

// overTLS serves a handler, asks clients for certificates, and returns the
// authority of the server.
func overTLS(t *testing.T, h http.Handler) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	own := tokentest.NewCertificate(t, &tokentest.CertificateOptions{Addresses: []string{"127.0.0.1"}})
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{own.TLS()}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv, own.Pool()
}

// clientWith presents a certificate, or none for nil.
func clientWith(t *testing.T, roots *x509.CertPool, c *tokentest.Certificate, change func(*tls.Config)) *http.Client {
	t.Helper()
	cfg := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if c != nil {
		cfg.Certificates = []tls.Certificate{c.TLS()}
	}
	if change != nil {
		change(cfg)
	}
	transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: len(cfg.NextProtos) == 0}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// get calls a service with a token and pairs of fields, and returns the response
// with its body read.
func get(ctx context.Context, t *testing.T, c *http.Client, url, raw string, pairs ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+raw)
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Add(pairs[i], pairs[i+1])
	}
	response, err := c.Do(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response
}

const challenge = `Bearer realm="api", error="invalid_token", error_description="Invalid key binding"`

// Certificates come from the TLS connection, resumed ones included.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	me, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	s := newService(t, mtls.Config{})
	srv, roots := overTLS(t, guarded(s))
	raw := s.issuer.Token(tokentest.BoundToCertificate(me))
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.2":           func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 },
		"TLS 1.3":           func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 },
		"TLS 1.3, HTTP/1.1": func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} },
	} {
		for who, row := range map[string]struct {
			of     *tokentest.Certificate
			status int
		}{"C_8705-3-1 mine": {me, 200}, "C_8705-3-1 none": {nil, 401}, "C_8705-3-1 another": {other, 401}} {
			t.Run(name+"/"+who, func(t *testing.T) {
				t.Parallel()
				client := clientWith(t, roots, row.of, func(c *tls.Config) {
					change(c)
					c.ClientSessionCache = tls.NewLRUClientSessionCache(4)
				})
				for connection := range 2 {
					response := get(t.Context(), t, client, srv.URL, raw)
					assert.Equal(t, row.status, response.StatusCode)
					assert.Equal(t, connection > 0, response.TLS.DidResume)
					if row.status == 401 {
						assert.Equal(t, []string{challenge}, response.Header.Values("WWW-Authenticate"))
					}
					client.CloseIdleConnections()
				}
			})
		}
	}
}

// One connection carries tokens of several bindings: each call is judged alone.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	me, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	s := newService(t, mtls.Config{})
	srv, roots := overTLS(t, guarded(s))
	client := clientWith(t, roots, me, func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} })
	mine, theirs := s.issuer.Token(tokentest.BoundToCertificate(me)), s.issuer.Token(tokentest.BoundToCertificate(other))
	for i, row := range []struct {
		raw    string
		status int
	}{{mine, 200}, {theirs, 401}, {mine, 200}, {s.issuer.Token(), 200}, {theirs, 401}} {
		reused := false
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }})
		assert.Equal(t, row.status, get(ctx, t, client, srv.URL, row.raw).StatusCode)
		assert.Equal(t, i > 0, reused)
	}
}

// What a proxy on this machine passes on, and what a client forges.
func TestProxyOverHTTP(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	own := tokentest.NewCertificate(t, nil)
	header := mtls.Header{Format: mtls.ClientCert}
	for name, row := range map[string]struct {
		rule   mtls.Proxy
		fields []string
		status int
		vary   []string
	}{
		"C_9440-2.4-1 passed on":         {mtls.Proxy{Addresses: at(onThisMachine)}, []string{"client-cert", me.ClientCert()}, 200, []string{"Client-Cert", "Accept"}},
		"C_9440-2.4-1 not passed on":     {mtls.Proxy{Addresses: at(onThisMachine)}, nil, 401, []string{"Client-Cert"}},
		"C_9440-4-2 by an untrusted one": {trusted, []string{"client-cert", me.ClientCert()}, 401, nil},
		"C_9440-4-2 its certificate":     {mtls.Proxy{Thumbprints: []string{own.Thumbprint()}}, []string{"client-cert", me.ClientCert()}, 200, []string{"Client-Cert", "Accept"}},
		"C_9440-4-2 not its certificate": {mtls.Proxy{Thumbprints: []string{me.Thumbprint()}}, []string{"client-cert", me.ClientCert()}, 401, nil},
		"C_9440-4-2 forwarded for":       {trusted, []string{"client-cert", me.ClientCert(), "x-forwarded-for", "192.0.2.1", "x-real-ip", "192.0.2.1", "forwarded", "for=192.0.2.1"}, 401, nil},
		"C_9440-2.2-2 twice":             {mtls.Proxy{Addresses: at(onThisMachine)}, []string{"client-cert", me.ClientCert(), "client-cert", me.ClientCert()}, 400, []string{"Client-Cert"}},
		"C_9440-2.2-2 a list":            {mtls.Proxy{Addresses: at(onThisMachine)}, []string{"client-cert", me.ClientCert() + ", " + me.ClientCert()}, 400, []string{"Client-Cert"}},
		"an underscore":                  {mtls.Proxy{Addresses: at(onThisMachine)}, []string{"client_cert", me.ClientCert()}, 401, []string{"Client-Cert"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, mtls.Config{Header: header, Proxy: row.rule})
			srv, roots := overTLS(t, guarded(s))
			response := get(t.Context(), t, clientWith(t, roots, own, nil), srv.URL, s.issuer.Token(tokentest.BoundToCertificate(me)), row.fields...)
			assert.Equal(t, row.status, response.StatusCode)
			assert.ElementsMatch(t, row.vary, response.Header.Values("Vary"))
			if row.status == 400 {
				assert.Equal(t, `Bearer realm="api", error="invalid_request", error_description="Malformed credentials"`, response.Header.Get("WWW-Authenticate"))
			}
		})
	}
}

// A middleware in front of the guard that writes another address into RemoteAddr,
// as those for X-Real-IP do, leaves no address to trust.
func TestRemoteAddrWithoutPort(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	s := newService(t, behind(mtls.ClientCert))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+s.issuer.Token(tokentest.BoundToCertificate(me)))
	r.Header.Set("Client-Cert", me.ClientCert())
	for addr, status := range map[string]int{proxyAt.String(): 401, proxyAt.String() + ":80": 200, "": 401, "@": 401} {
		w := httptest.NewRecorder()
		r.RemoteAddr = addr
		guarded(s).ServeHTTP(w, r)
		assert.Equal(t, status, w.Code, addr)
	}
}

// A proxy on the same machine may come by a Unix socket.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	for name, row := range map[string]struct {
		rule   mtls.Proxy
		status int
	}{"C_9440-4-2 trusted": {mtls.Proxy{UnixSocket: true}, 200}, "C_9440-4-2 not trusted": {mtls.Proxy{Addresses: at(onThisMachine)}, 401}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: row.rule})
			path := filepath.Join(t.TempDir(), "s")
			l, err := net.Listen("unix", path)
			require.NoError(t, err)
			srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: guarded(s), ReadHeaderTimeout: time.Minute}}
			srv.Start()
			t.Cleanup(srv.Close)
			client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", path)
			}}}
			t.Cleanup(client.CloseIdleConnections)
			assert.Equal(t, row.status, get(t.Context(), t, client, "http://api.internal/", s.issuer.Token(tokentest.BoundToCertificate(me)), "Client-Cert", me.ClientCert()).StatusCode)
		})
	}
}
