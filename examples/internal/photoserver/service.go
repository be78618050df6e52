package photoserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/settings"
)

// service is the photo service with both its faces.
type service struct {
	http http.Handler
	grpc *grpc.Server
	tls  *tls.Config // nil: plain
}

// Run serves until ctx ends. It says on out where, and on log why it refuses
// calls.
func Run(ctx context.Context, o Options, out, log io.Writer) error {
	store, closing, err := o.openStore()
	if err != nil {
		return err
	}
	defer closing()
	// This makes no request: the service starts whether its issuers can be reached
	// or not.
	auth, err := o.authenticator(store)
	if err != nil {
		return err
	}
	ops, err := operations(o.settings)
	if err != nil {
		return err
	}
	secure, err := o.bound.TLS()
	if err != nil {
		return err
	}
	s, err := newService(auth, ops, o.resource, refusalsTo(log), secure)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, s.http) // who may do what
	if bound := o.bound.Summary(); bound != "" {
		fmt.Fprintln(out, "bound tokens:", bound)
	}
	if opaque := o.asking.Summary(); opaque != "" {
		fmt.Fprintln(out, "opaque tokens:", opaque)
	}
	for _, relaxed := range token.Relaxations(auth) {
		fmt.Fprintln(out, "relaxed:", relaxed)
	}
	return s.listenAndServe(ctx, o, out)
}

// openStore opens the store of the program, if proofs are checked and it has one.
func (o Options) openStore() (store dpop.ReplayStore, closing func(), err error) {
	if o.store != nil && o.bound.TakesProofs() {
		store, closing, err = o.store()
	}
	if closing == nil {
		closing = func() {}
	}
	return store, closing, err
}

// authenticator judges tokens, the bound ones included. All issuers share what
// checks those, so that a proof counts once.
func (o Options) authenticator(store dpop.ReplayStore) (token.Authenticator, error) {
	confirmations, err := o.bound.Confirmations(store)
	if err != nil {
		return nil, err
	}
	for i := range o.settings.Issuers {
		o.settings.Issuers[i].Config.Confirmations = confirmations
	}
	jwt, err := o.settings.Authenticator()
	if err != nil || !o.asking.Enabled() {
		return jwt, err
	}
	cfgs, err := o.settings.Configs()
	if err != nil {
		return nil, err
	}
	return o.asking.Authenticator(cfgs, jwt)
}

// refusalsTo tells the operator why calls are refused, whichever way they came.
// Callers get a fixed sentence.
func refusalsTo(log io.Writer) *scope.Trace {
	return scope.LogTo(slog.New(slog.NewTextHandler(log, nil)), nil)
}

// operations says who may do what: as the settings file says, if it does.
func operations(f *settings.File) (*scope.Table, error) {
	if f.Operations == nil {
		return photosvc.Operations(), nil
	}
	ops, err := f.Table()
	if err != nil {
		return nil, err
	}
	return ops, ops.Require(photosvc.ListPhotos, photosvc.AddPhoto, photosvc.WhoAmI)
}

// parts are what both faces are made of.
type parts struct {
	auth    token.Authenticator
	about   scope.Resource
	ops     *scope.Table
	methods grpcauth.Policies
	store   *photosvc.Store
	trace   *scope.Trace
}

// newService makes both faces, and makes sure that they serve the operations and
// nothing else but the metadata.
func newService(auth token.Authenticator, ops *scope.Table, about scope.Resource, trace *scope.Trace, secure *tls.Config) (service, error) {
	methods, err := photosvc.Policies(ops)
	if err != nil {
		return service{}, err
	}
	p := parts{auth, about, ops, methods, new(photosvc.Store), trace}
	mux, metadata, err := p.httpMux()
	if err != nil {
		return service{}, err
	}
	guard := grpcauth.New(auth, methods, &grpcauth.Config{Resource: about, Trace: trace})
	rpc, err := grpcServer(guard, p.store, secure)
	web := mux.Posture()
	if metadata != nil {
		web = web.Except(metadata.Pattern())
	}
	return service{mux, rpc, secure}, errors.Join(err, mux.Audit(), photosvc.Audit(ops, web, guard.Posture()))
}

// httpMux is the HTTP face, and the metadata that it serves, or nil. Printing it
// shows its table of routes.
func (p parts) httpMux() (*middleware.Mux, *middleware.Description, error) {
	guard := middleware.New(p.auth, &middleware.Config{Resource: p.about, Trace: p.trace})
	mux := guard.NewMux()
	photosvc.Route(mux, p.store, p.ops)
	if !p.about.PublishesMetadata {
		return mux, nil, nil
	}
	more := &middleware.Metadata{Name: "Photos", Policies: slices.Collect(maps.Values(p.methods))}
	// The settings come from a command line: a fault in them is no panic.
	if _, err := guard.Describe(more); err != nil {
		return nil, nil, err
	}
	return mux, mux.HandleMetadata(more), nil
}

// grpcServer is the gRPC face. NewServer makes sure that no method has been
// forgotten in the list of policies, and limits what a caller can cost before
// its token is looked at.
func grpcServer(guard *grpcauth.Interceptor, store *photosvc.Store, secure *tls.Config) (*grpc.Server, error) {
	var opts []grpc.ServerOption
	if secure != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(secure)))
	}
	return guard.NewServer(func(s *grpc.Server) {
		photosvc.Register(s, store)
		healthpb.RegisterHealthServer(s, health.NewServer())
		reflection.Register(s)
	}, opts...)
}

func (s service) listenAndServe(ctx context.Context, o Options, out io.Writer) error {
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	fmt.Fprintf(out, "HTTP on %s://%s\n", scheme, ln.Addr())
	servers := []func(context.Context) error{
		func(ctx context.Context) error { return serve.HTTPS(ctx, ln, s.http, s.tls) },
	}
	if o.grpcListen != "" {
		rpcLn, err := net.Listen("tcp", o.grpcListen)
		if err != nil {
			_ = ln.Close()
			return err
		}
		fmt.Fprintf(out, "gRPC on %s\n", rpcLn.Addr())
		servers = append(servers, func(ctx context.Context) error { return serve.GRPC(ctx, rpcLn, s.grpc) })
	}
	return serve.All(ctx, servers...)
}
