//go:build interop

package mtls_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/credentials"

	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// front is a proxy that ends TLS. It listens at a Unix socket, so that tests need
// not agree on ports, and calls the service from an address of its own.
type front struct {
	dir  string
	cert *tokentest.Certificate
	log  bytes.Buffer
}

// fromProxy is the address that proxies call from. Clients that go past them have
// 127.0.0.1.
const fromProxy = "127.0.0.2"

var byAddress = mtls.Proxy{Addresses: at(fromProxy + "/32")}

func newFront(t *testing.T) *front {
	t.Helper()
	dir, err := os.MkdirTemp("", "front") // the path of a socket must be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	f := &front{dir: dir, cert: tokentest.NewCertificate(t, &tokentest.CertificateOptions{DNSNames: []string{"api.internal"}})}
	f.write(t, "front.pem", f.cert.PEM())
	f.write(t, "front.key", f.cert.KeyPEM())
	f.write(t, "both.pem", f.cert.PEM(), f.cert.KeyPEM())
	return f
}

func (f *front) path(name string) string { return filepath.Join(f.dir, name) }

func (f *front) write(t *testing.T, name string, parts ...[]byte) string {
	t.Helper()
	require.NoError(t, os.WriteFile(f.path(name), bytes.Join(parts, nil), 0o600))
	return f.path(name)
}

// run runs the proxy until the test ends, and returns when it listens.
func (f *front) run(t *testing.T, command string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	proxy := exec.CommandContext(ctx, command, args...)
	proxy.Stdout, proxy.Stderr, proxy.Dir = &f.log, &f.log, f.dir
	require.NoError(t, proxy.Start())
	t.Cleanup(func() {
		cancel()
		_ = proxy.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", command, &f.log)
		}
	})
	require.Eventually(t, func() bool {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", f.path("socket"))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 20*time.Second, 20*time.Millisecond, "%s does not listen", command)
}

// client calls through the proxy and presents a certificate, or none for nil.
func (f *front) client(t *testing.T, c *tokentest.Certificate) *http.Client {
	t.Helper()
	client := clientWith(t, f.cert.Pool(), c, func(cfg *tls.Config) { cfg.ServerName = "api.internal" })
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", f.path("socket"))
	}
	return client
}

// documented are the lines of docs/mtls.md that begin so: what decides is what
// readers copy.
func documented(t *testing.T, prefix string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "mtls.md"))
	require.NoError(t, err)
	var found []string
	for line := range strings.Lines(string(page)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, prefix) {
			found = append(found, line)
		}
	}
	require.NotEmpty(t, found)
	return strings.Join(found, "\n")
}

// haproxy runs HAProxy in front of a server. server has more settings of the
// connection to it.
func haproxy(t *testing.T, address, server string) *front {
	t.Helper()
	f := newFront(t)
	f.run(t, "haproxy", "-db", "-f", f.write(t, "haproxy.cfg", fmt.Appendf(nil, `
global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend api
  bind unix@%[1]s ssl crt %[2]s alpn h2,http/1.1 verify optional ca-file %[2]s ca-ignore-err all crt-ignore-err all
%[6]s
  default_backend service
backend service
  server service %[3]s source %[4]s %[5]s
`, f.path("socket"), f.path("both.pem"), address, fromProxy, server, documented(t, "http-request "))))
	return f
}

// nginx runs nginx in front of a server.
func nginx(t *testing.T, address string) *front {
	t.Helper()
	f := newFront(t)
	f.run(t, "nginx", "-e", "stderr", "-p", f.dir, "-c", f.write(t, "nginx.conf", fmt.Appendf(nil, `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen unix:%[1]s ssl http2;
    ssl_certificate front.pem;
    ssl_certificate_key front.key;
    %[4]s
    location / {
      %[5]s
      proxy_bind %[3]s;
      proxy_pass http://%[2]s;
    }
  }
}
`, f.path("socket"), address, fromProxy, documented(t, "ssl_verify_client "), documented(t, "proxy_set_header "))))
	return f
}

// attempts are calls through a proxy, by owners of certificates and by thieves. late
// is the status for one that has expired: nginx refuses it by itself.
func attempts(t *testing.T, s service, f *front, late int, field string, value func(*tokentest.Certificate) string) {
	t.Helper()
	me, thief := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	expired := tokentest.NewCertificate(t, &tokentest.CertificateOptions{Expired: true})
	forged := []string{field, value(me)}
	for name, row := range map[string]struct {
		of, bound *tokentest.Certificate
		fields    []string
		status    int
	}{
		"mine":                             {me, me, nil, 200},
		"C_8705-6.2-1 expired":             {expired, expired, nil, late},
		"mine, and a forged field":         {me, me, []string{field, value(thief)}, 200},
		"none":                             {nil, me, nil, 401},
		"another":                          {thief, me, nil, 401},
		"C_9440-4-2 forged, none":          {nil, me, forged, 401},
		"C_9440-4-2 forged, another":       {thief, me, forged, 401},
		"C_9440-4-2 forged twice":          {thief, me, append(forged, forged...), 401},
		"C_9440-4-2 forged, an underscore": {nil, me, []string{underscored(field), value(me)}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			client := f.client(t, row.of)
			raw := s.issuer.Token(tokentest.BoundToCertificate(row.bound))
			for range 2 { // the second time on the same connection
				assert.Equal(t, row.status, get(t.Context(), t, client, "https://api.internal/", raw, row.fields...).StatusCode)
			}
		})
	}
}

func underscored(field string) string {
	return strings.ReplaceAll(field, "-", "_")
}

// past calls the server without the proxy, with a forged field.
func past(t *testing.T, s service, client *http.Client, url, field string, value func(*tokentest.Certificate) string) {
	t.Helper()
	t.Run("C_9440-4-2 past the proxy", func(t *testing.T) {
		me := tokentest.NewCertificate(t, nil)
		raw := s.issuer.Token(tokentest.BoundToCertificate(me))
		assert.Equal(t, 401, get(t.Context(), t, client, url, raw, field, value(me)).StatusCode)
		assert.Equal(t, 200, get(t.Context(), t, client, url, s.issuer.Token(), field, value(me)).StatusCode, "the server is there")
	})
}

func TestHAProxy(t *testing.T) {
	t.Parallel()
	s := newService(t, mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: byAddress})
	srv := httptest.NewServer(guarded(s))
	t.Cleanup(srv.Close)
	attempts(t, s, haproxy(t, srv.Listener.Addr().String(), ""), 200, "Client-Cert", (*tokentest.Certificate).ClientCert)
	past(t, s, srv.Client(), srv.URL, "Client-Cert", (*tokentest.Certificate).ClientCert)
}

// The proxy may be known by a certificate of its own instead of its address.
func TestHAProxyWithCertificate(t *testing.T) {
	t.Parallel()
	own := tokentest.NewCertificate(t, &tokentest.CertificateOptions{CommonName: "proxy"})
	s := newService(t, mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: mtls.Proxy{Thumbprints: []string{own.Thumbprint()}}})
	srv, roots := overTLS(t, guarded(s))
	pem := filepath.Join(t.TempDir(), "own.pem")
	require.NoError(t, os.WriteFile(pem, append(own.PEM(), own.KeyPEM()...), 0o600))
	f := haproxy(t, srv.Listener.Addr().String(), "ssl verify none crt "+pem)
	attempts(t, s, f, 200, "Client-Cert", (*tokentest.Certificate).ClientCert)
	past(t, s, clientWith(t, roots, tokentest.NewCertificate(t, nil), nil), srv.URL, "Client-Cert", (*tokentest.Certificate).ClientCert)
}

func TestHAProxyWithGRPC(t *testing.T) {
	t.Parallel()
	me, thief := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	r := newRemote(t, mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: byAddress})
	srv, l := r.newServer(t), listen(t, "tcp", "127.0.0.1:0")
	go func() { _ = srv.Serve(l) }()
	f := haproxy(t, l.Addr().String(), "proto h2")
	raw := r.issuer.Token(tokentest.BoundToCertificate(me))
	for name, row := range map[string]struct {
		of   *tokentest.Certificate
		want string
	}{"mine": {me, ""}, "C_9440-4-2 forged": {thief, "INVALID_TOKEN"}} {
		t.Run(name, func(t *testing.T) {
			creds := credentials.NewTLS(&tls.Config{RootCAs: f.cert.Pool(), ServerName: "api.internal", Certificates: []tls.Certificate{row.of.TLS()}, MinVersion: tls.VersionTLS12})
			client := dialWith(t, "unix:"+f.path("socket"), creds)
			assert.Equal(t, row.want, reason(t, check(t, client, raw, "client-cert", me.ClientCert())))
		})
	}
}

func TestNginx(t *testing.T) {
	t.Parallel()
	s := newService(t, mtls.Config{Header: mtls.Header{Format: mtls.EscapedPEM, Name: "X-SSL-Client-Cert"}, Proxy: byAddress})
	srv := httptest.NewServer(guarded(s))
	t.Cleanup(srv.Close)
	attempts(t, s, nginx(t, srv.Listener.Addr().String()), 400, "X-SSL-Client-Cert", (*tokentest.Certificate).EscapedPEM)
	past(t, s, srv.Client(), srv.URL, "X-SSL-Client-Cert", (*tokentest.Certificate).EscapedPEM)
}
