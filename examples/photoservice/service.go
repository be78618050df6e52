package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/token"
)

// algorithms this service accepts, from any issuer.
var algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}

// run serves until ctx ends. It says on out where.
func run(ctx context.Context, o options, out io.Writer) error {
	auth, err := authenticator(o.issuers)
	if err != nil {
		return err
	}
	store := new(photosvc.Store)
	web := httpHandler(auth, store, out)
	rpc, err := grpcServer(auth, store)
	if err != nil {
		return err
	}
	return listenAndServe(ctx, o, web, rpc, out)
}

// authenticator makes one verifier for each issuer, with its own keys,
// audience and profile, and puts them behind one door. It makes no request:
// the service starts whether its issuers can be reached or not.
func authenticator(issuers []issuerOptions) (token.Authenticator, error) {
	verifiers := make(map[string]token.Authenticator)
	for _, i := range issuers {
		v, err := verifier(i)
		if err != nil {
			return nil, fmt.Errorf("issuer %s: %w", i.issuer, err)
		}
		verifiers[i.issuer] = v
	}
	return token.ByIssuer(verifiers), nil
}

func verifier(i issuerOptions) (*token.Verifier, error) {
	cfg := token.Config{
		Issuer:     i.issuer,
		Audience:   i.audience,
		Algorithms: algorithms,
		Profile:    i.profile,
	}
	if i.jwksURL != "" {
		keys, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{i.jwksURL}})
		if err != nil {
			return nil, err
		}
		cfg.Keys = keys
	}
	return token.NewVerifier(cfg)
}

// httpHandler is the HTTP face. Its table of routes is printed, so that whoever
// starts the service sees who may do what.
func httpHandler(auth token.Authenticator, store *photosvc.Store, out io.Writer) http.Handler {
	mux := middleware.New(auth, &middleware.Config{Realm: "photos"}).NewMux()
	photosvc.Route(mux, store)
	fmt.Fprintln(out, mux)
	return mux
}

// grpcServer is the gRPC face. Audit makes sure that no method has been
// forgotten in the list of policies.
func grpcServer(auth token.Authenticator, store *photosvc.Store) (*grpc.Server, error) {
	guard := grpcauth.New(auth, photosvc.Policies(), &grpcauth.Config{Realm: "photos"})
	srv := grpc.NewServer(append(guard.ServerOptions(), grpc.ConnectionTimeout(5*time.Second))...)
	photosvc.Register(srv, store)
	healthpb.RegisterHealthServer(srv, health.NewServer())
	reflection.Register(srv)
	return srv, guard.Audit(srv)
}

func listenAndServe(ctx context.Context, o options, web http.Handler, rpc *grpc.Server, out io.Writer) error {
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "HTTP on http://%s\n", ln.Addr())
	servers := []func(context.Context) error{
		func(ctx context.Context) error { return serve.HTTP(ctx, ln, web) },
	}
	if o.grpcListen != "" {
		rpcLn, err := net.Listen("tcp", o.grpcListen)
		if err != nil {
			_ = ln.Close()
			return err
		}
		fmt.Fprintf(out, "gRPC on %s\n", rpcLn.Addr())
		servers = append(servers, func(ctx context.Context) error { return serve.GRPC(ctx, rpcLn, rpc) })
	}
	return serve.All(ctx, servers...)
}
