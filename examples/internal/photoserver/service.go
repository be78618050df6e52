package photoserver

import (
	"context"
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
)

// service is the photo service with both its faces.
type service struct {
	http http.Handler
	grpc *grpc.Server
}

// run serves until ctx ends. It says on out where, and on log why it refuses
// calls.
func run(ctx context.Context, o options, out, log io.Writer) error {
	closing, err := o.bound.apply(o.settings)
	if err != nil {
		return err
	}
	defer closing()
	// This makes no request: the service starts whether its issuers can be reached
	// or not.
	auth, err := o.settings.Authenticator()
	if err != nil {
		return err
	}
	s, err := newService(auth, o.resource(), refusalsTo(log))
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

func newService(auth token.Authenticator, about scope.Resource, trace *scope.Trace) (service, error) {
	store := new(photosvc.Store)
	rpc, err := grpcServer(auth, about, store, trace)
	return service{httpHandler(auth, about, store, trace), rpc}, err
}

// httpHandler is the HTTP face. Printing it shows its table of routes.
func httpHandler(auth token.Authenticator, about scope.Resource, store *photosvc.Store, trace *scope.Trace) http.Handler {
	mux := middleware.New(auth, &middleware.Config{Resource: about, Trace: trace}).NewMux()
	photosvc.Route(mux, store)
	return mux
}

// grpcServer is the gRPC face. NewServer makes sure that no method has been
// forgotten in the list of policies, and limits what a caller can cost before
// its token is looked at.
func grpcServer(auth token.Authenticator, about scope.Resource, store *photosvc.Store, trace *scope.Trace) (*grpc.Server, error) {
	guard := grpcauth.New(auth, photosvc.Policies(), &grpcauth.Config{Resource: about, Trace: trace})
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
