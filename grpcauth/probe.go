package grpcauth

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/internal/printable"
)

// The service that Audit calls. Callers from outside find it refused as a
// method that is not listed.
const (
	probeService = "postern.grpcauth.Audit"
	probeUnary   = "/" + probeService + "/Unary"
	probeStream  = "/" + probeService + "/Stream"
)

// probeKey is where the context of a probe carries it. The type is not
// exported, and no transport turns a caller's input into values of a context:
// only this package can send a probe.
type probeKey struct{}

// probed is a call that Audit makes to look for the interceptors of one guard.
type probed struct {
	guard   *Interceptor
	guarded bool // the guard saw the call
	open    bool // the call got through to the handler
}

// errProbed is how a guard answers its probe.
var errProbed = status.Error(codes.Aborted, "grpcauth: audited")

// answers tells whether the call is a probe for this guard, and notes that it
// has arrived.
func (i *Interceptor) answers(ctx context.Context) bool {
	p, ok := ctx.Value(probeKey{}).(*probed)
	if !ok || p.guard != i {
		return false
	}
	p.guarded = true
	return true
}

// probe looks for both interceptors of i in srv.
func (i *Interceptor) probe(srv *grpc.Server) []error {
	if _, ok := srv.GetServiceInfo()[probeService]; !ok {
		srv.RegisterService(newProbeDesc(), nil)
	}
	return []error{i.look(srv, probeUnary, "unary"), i.look(srv, probeStream, "streaming")}
}

// look is nil if methods of the kind are seen to be guarded.
func (i *Interceptor) look(srv *grpc.Server, method, kind string) error {
	p := &probed{guard: i}
	answer := send(context.WithValue(context.Background(), probeKey{}, p), srv, method)
	switch {
	case p.open:
		return finding(kind + " methods are not guarded: make the server by NewServer, or with ServerOptions")
	case !p.guarded:
		return finding(fmt.Sprintf("whether %s methods are guarded cannot be seen: something in front of the guard answered %s; put the guard first (see ServerOptions)", kind, answer))
	}
	return nil
}

// send makes a call with one empty message, and returns the status as text.
// ServeHTTP needs no listener, and what ctx carries reaches the interceptors.
func send(ctx context.Context, srv *grpc.Server, method string) string {
	r := &http.Request{
		Method:     http.MethodPost,
		URL:        &url.URL{Path: method},
		Host:       "localhost",
		RemoteAddr: "127.0.0.1:0",
		Proto:      "HTTP/2.0", ProtoMajor: 2,
		Header: http.Header{"Content-Type": {"application/grpc"}},
		Body:   io.NopCloser(bytes.NewReader(make([]byte, 5))),
	}
	w := discard{}
	srv.ServeHTTP(w, r.WithContext(ctx))
	return printable.Line(fmt.Sprintf("%s %s", w.trailer("Grpc-Status"), w.trailer("Grpc-Message")))
}

// discard is an http.ResponseWriter that keeps nothing but fields.
type discard http.Header

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
func (d discard) Flush()                      {}

func (d discard) trailer(name string) string {
	return http.Header(d).Get(name) + http.Header(d).Get(http.TrailerPrefix+name)
}

// newProbeDesc describes the service. Its handlers decode nothing, so that it
// works with every codec.
func newProbeDesc() *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: probeService,
		Methods:     []grpc.MethodDesc{{MethodName: "Unary", Handler: serveProbe}},
		Streams:     []grpc.StreamDesc{{StreamName: "Stream", Handler: serveProbeStream, ServerStreams: true, ClientStreams: true}},
	}
}

func serveProbe(srv any, ctx context.Context, _ func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
	handler := func(ctx context.Context, _ any) (any, error) { return nil, reached(ctx) }
	if interceptor == nil {
		return handler(ctx, nil)
	}
	return interceptor(ctx, nil, &grpc.UnaryServerInfo{Server: srv, FullMethod: probeUnary}, handler)
}

func serveProbeStream(_ any, ss grpc.ServerStream) error { return reached(ss.Context()) }

// reached is the handler, behind all interceptors.
func reached(ctx context.Context) error {
	if p, ok := ctx.Value(probeKey{}).(*probed); ok {
		p.open = true
	}
	return status.Error(codes.Unimplemented, "unknown method")
}
