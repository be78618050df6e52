package mtls_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// remote is a service over gRPC.
type remote struct {
	service
	guard   *grpcauth.Interceptor
	health  *health.Server
	cert    *tokentest.Certificate
	refused atomic.Pointer[scope.Decision] // the last one
}

func newRemote(t *testing.T, cfg mtls.Config) *remote {
	t.Helper()
	r := &remote{service: newService(t, cfg), health: health.NewServer()}
	r.cert = tokentest.NewCertificate(t, &tokentest.CertificateOptions{Addresses: []string{"127.0.0.1"}})
	r.guard = grpcauth.New(r.verifier, grpcauth.Policies{
		healthpb.Health_Check_FullMethodName: scope.Authenticated, healthpb.Health_List_FullMethodName: scope.Authenticated, healthpb.Health_Watch_FullMethodName: scope.Authenticated,
	}, &grpcauth.Config{Trace: &scope.Trace{Refused: func(_ context.Context, d scope.Decision) { r.refused.Store(&d) }}})
	return r
}

// newServer is a server of the service.
func (r *remote) newServer(t *testing.T, opts ...grpc.ServerOption) *grpc.Server {
	t.Helper()
	srv := grpc.NewServer(append(r.guard.ServerOptions(), opts...)...)
	healthpb.RegisterHealthServer(srv, r.health)
	t.Cleanup(srv.Stop)
	return srv
}

// serve serves by grpc itself, and returns the address.
func (r *remote) serve(t *testing.T, creds credentials.TransportCredentials) string {
	t.Helper()
	l := listen(t, "tcp", "127.0.0.1:0")
	srv := r.newServer(t, grpc.Creds(creds))
	go func() { _ = srv.Serve(l) }()
	return l.Addr().String()
}

// serveNetHTTP serves by the server of net/http.
func (r *remote) serveNetHTTP(t *testing.T) string {
	t.Helper()
	l := listen(t, "tcp", "127.0.0.1:0")
	srv := &http.Server{Handler: r.newServer(t), TLSConfig: r.serverTLS(), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	t.Cleanup(func() { _ = srv.Close() })
	go func() { _ = srv.ServeTLS(l, "", "") }()
	return l.Addr().String()
}

// serverTLS asks clients for certificates.
func (r *remote) serverTLS() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{r.cert.TLS()}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), network, address)
	require.NoError(t, err)
	return l
}

// dial makes a client that presents what get returns.
func (r *remote) dial(t *testing.T, target string, own func() *tokentest.Certificate) healthpb.HealthClient {
	t.Helper()
	cfg := &tls.Config{RootCAs: r.cert.Pool(), MinVersion: tls.VersionTLS12, ServerName: "127.0.0.1"}
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		var c tls.Certificate
		if cert := own(); cert != nil {
			c = cert.TLS()
		}
		return &c, nil
	}
	return dialWith(t, target, credentials.NewTLS(cfg))
}

func dialWith(t *testing.T, target string, creds credentials.TransportCredentials) healthpb.HealthClient {
	t.Helper()
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(creds))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return healthpb.NewHealthClient(conn)
}

func bearing(ctx context.Context, raw string, pairs ...string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, append([]string{"authorization", "Bearer " + raw}, pairs...)...)
}

func check(t *testing.T, c healthpb.HealthClient, raw string, pairs ...string) error {
	t.Helper()
	_, err := c.Check(bearing(t.Context(), raw, pairs...), &healthpb.HealthCheckRequest{})
	return err
}

// reason is that of google.rpc.ErrorInfo, or "" for nil.
func reason(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	assert.Equal(t, codes.Unauthenticated, status.Code(err), "%v", err)
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return "none"
}

func always(c *tokentest.Certificate) func() *tokentest.Certificate {
	return func() *tokentest.Certificate { return c }
}

// The certificate of the connection, and fields in metadata, over the servers that
// grpc has: its own, and that of net/http.
func TestOverGRPC(t *testing.T) {
	t.Parallel()
	me, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	field := mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: mtls.Proxy{Addresses: at(onThisMachine)}}
	untrusted := behind(mtls.ClientCert)
	for name, row := range map[string]struct {
		cfg      mtls.Config
		of       *tokentest.Certificate
		metadata []string
		want     string
	}{
		"C_8705-3-1 mine":                {mtls.Config{}, me, nil, ""},
		"C_8705-3-1 none":                {mtls.Config{}, nil, nil, "INVALID_TOKEN"},
		"C_8705-3-1 another":             {mtls.Config{}, other, nil, "INVALID_TOKEN"},
		"C_9440-4-1 ignored":             {mtls.Config{}, other, []string{"client-cert", me.ClientCert()}, "INVALID_TOKEN"},
		"passed on":                      {field, other, []string{"client-cert", me.ClientCert()}, ""},
		"C_9440-4-3 not passed on":       {field, me, nil, "INVALID_TOKEN"},
		"C_9440-4-2 by an untrusted one": {untrusted, other, []string{"client-cert", me.ClientCert()}, "INVALID_TOKEN"},
		"C_9440-2.2-2 twice":             {field, other, []string{"client-cert", me.ClientCert(), "client-cert", me.ClientCert()}, "INVALID_REQUEST"},
		"C_9440-2.2-1 malformed":         {field, other, []string{"client-cert", me.EscapedPEM()}, "INVALID_TOKEN"},
		"an underscore":                  {field, other, []string{"client_cert", me.ClientCert()}, "INVALID_TOKEN"},
	} {
		for kind, serve := range map[string]func(*testing.T, *remote) string{
			"grpc":     func(t *testing.T, r *remote) string { return r.serve(t, credentials.NewTLS(r.serverTLS())) },
			"net/http": func(t *testing.T, r *remote) string { return r.serveNetHTTP(t) },
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				r := newRemote(t, row.cfg)
				raw := r.issuer.Token(tokentest.BoundToCertificate(me))
				assert.Equal(t, row.want, reason(t, check(t, r.dial(t, serve(t, r), always(row.of)), raw, row.metadata...)))
			})
		}
	}
}

// otherSecurity is TLS by a library that describes connections in its own way.
type otherSecurity struct {
	credentials.TransportCredentials
}

type otherInfo struct{ credentials.CommonAuthInfo }

func (otherInfo) AuthType() string { return "other" }

func (o otherSecurity) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := o.TransportCredentials.ServerHandshake(c)
	if tls, ok := info.(credentials.TLSInfo); ok {
		return c, otherInfo{tls.CommonAuthInfo}, err
	}
	return c, info, err
}

func (o otherSecurity) Clone() credentials.TransportCredentials {
	return otherSecurity{o.TransportCredentials.Clone()}
}

// Where grpc does not say which certificate a client has, bound tokens are refused,
// and operators are told why.
func TestOtherSecurity(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	r := newRemote(t, mtls.Config{})
	client := r.dial(t, r.serve(t, otherSecurity{credentials.NewTLS(r.serverTLS())}), always(me))
	assert.Equal(t, "INVALID_TOKEN", reason(t, check(t, client, r.issuer.Token(tokentest.BoundToCertificate(me)))))
	require.ErrorContains(t, r.refused.Load().Err, "credentials.TLSInfo")
	require.NoError(t, check(t, client, r.issuer.Token()))
}

func TestUnixSocketOverGRPC(t *testing.T) {
	t.Parallel()
	me := tokentest.NewCertificate(t, nil)
	for name, row := range map[string]struct {
		rule mtls.Proxy
		want string
	}{"C_9440-4-2 trusted": {mtls.Proxy{UnixSocket: true}, ""}, "C_9440-4-2 not trusted": {mtls.Proxy{Addresses: at(onThisMachine)}, "INVALID_TOKEN"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRemote(t, mtls.Config{Header: mtls.Header{Format: mtls.ClientCert}, Proxy: row.rule})
			path := filepath.Join(t.TempDir(), "s")
			srv := r.newServer(t)
			l := listen(t, "unix", path)
			go func() { _ = srv.Serve(l) }()
			client := dialWith(t, "unix:"+path, insecure.NewCredentials())
			assert.Equal(t, row.want, reason(t, check(t, client, r.issuer.Token(tokentest.BoundToCertificate(me)), "client-cert", me.ClientCert())))
		})
	}
}

// A stream is judged when it opens: a client that has a new certificate since goes
// on with it. Its next connection needs a token that is bound to the new one.
func TestRotation(t *testing.T) {
	t.Parallel()
	first, second := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	r := newRemote(t, mtls.Config{})
	address := r.serve(t, credentials.NewTLS(r.serverTLS()))
	var own atomic.Pointer[tokentest.Certificate]
	own.Store(first)
	client := r.dial(t, address, own.Load)
	old, fresh := r.issuer.Token(tokentest.BoundToCertificate(first)), r.issuer.Token(tokentest.BoundToCertificate(second))
	stream, err := client.Watch(bearing(t.Context(), old), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	update, err := stream.Recv()
	require.NoError(t, err)
	require.Equal(t, healthpb.HealthCheckResponse_SERVING, update.GetStatus())

	own.Store(second)
	r.health.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	update, err = stream.Recv()
	require.NoError(t, err)
	assert.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, update.GetStatus())
	assert.Equal(t, "INVALID_TOKEN", reason(t, check(t, client, fresh)), "on the old connection")
	next := r.dial(t, address, own.Load)
	assert.Equal(t, "INVALID_TOKEN", reason(t, check(t, next, old)))
	assert.Empty(t, reason(t, check(t, next, fresh)))
}
