package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// service is the photo service with both its faces.
type service struct {
	http http.Handler
	grpc *grpc.Server
}

// run serves until ctx ends. It says on out where, and on log why it refuses
// calls.
func run(ctx context.Context, o options, out, log io.Writer) error {
	// This makes no request: the service starts whether its issuers can be reached
	// or not.
	auth, err := o.settings.Authenticator()
	if err != nil {
		return err
	}
	ops, err := operations(o.settings)
	if err != nil {
		return err
	}
	s, err := newService(auth, ops, refusalsTo(log))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, s.http) // who may do what
	for _, relaxed := range token.Relaxations(auth) {
		fmt.Fprintln(out, "relaxed:", relaxed)
	}
	return s.listenAndServe(ctx, o, out)
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

// newService makes both faces, and makes sure that they serve the operations and
// nothing else.
func newService(auth token.Authenticator, ops *scope.Table, trace *scope.Trace) (service, error) {
	store := new(photosvc.Store)
	mux := httpMux(auth, store, ops, trace)
	guard, err := grpcGuard(auth, ops, trace)
	if err != nil {
		return service{}, err
	}
	rpc, err := grpcServer(guard, store)
	return service{mux, rpc}, errors.Join(err, photosvc.Audit(ops, mux.Posture(), guard.Posture()))
}

// httpMux is the HTTP face. Printing it shows its table of routes.
func httpMux(auth token.Authenticator, store *photosvc.Store, ops *scope.Table, trace *scope.Trace) *middleware.Mux {
	mux := middleware.New(auth, &middleware.Config{Resource: scope.Resource{Realm: "photos"}, Trace: trace}).NewMux()
	photosvc.Route(mux, store, ops)
	return mux
}

func grpcGuard(auth token.Authenticator, ops *scope.Table, trace *scope.Trace) (*grpcauth.Interceptor, error) {
	policies, err := photosvc.Policies(ops)
	if err != nil {
		return nil, err
	}
	return grpcauth.New(auth, policies, &grpcauth.Config{Resource: scope.Resource{Realm: "photos"}, Trace: trace}), nil
}

// grpcServer is the gRPC face. NewServer makes sure that no method has been
// forgotten in the list of policies, and limits what a caller can cost before
// its token is looked at.
func grpcServer(guard *grpcauth.Interceptor, store *photosvc.Store) (*grpc.Server, error) {
	return guard.NewServer(func(s *grpc.Server) {
		photosvc.Register(s, store)
		healthpb.RegisterHealthServer(s, health.NewServer())
		reflection.Register(s)
	})
}

func (s service) listenAndServe(ctx context.Context, o options, out io.Writer) error {
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "HTTP on http://%s\n", ln.Addr())
	servers := []func(context.Context) error{
		func(ctx context.Context) error { return serve.HTTP(ctx, ln, s.http) },
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
