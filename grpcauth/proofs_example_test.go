package grpcauth_test

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/local"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// photoService is a service on this machine that takes DPoP-bound tokens alone, and
// demands a nonce.
func photoService(issuer *tokentest.Issuer) (address string, stop func()) {
	checker, err := dpop.New(dpop.Config{Required: true, Nonces: dpop.NewLocalNonces()})
	if err != nil {
		panic(err)
	}
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(cfg)
	if err != nil {
		panic(err)
	}
	guard := grpcauth.New(verifier, grpcauth.Policies{
		grpc_testing.TestService_UnaryCall_FullMethodName: scope.Authenticated,
	}, nil)
	srv := grpc.NewServer(append(guard.ServerOptions(), grpc.Creds(local.NewCredentials()))...)
	grpc_testing.RegisterTestServiceServer(srv, greeter{})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = srv.Serve(lis) }()
	return lis.Addr().String(), srv.Stop
}

// A service calls another one on the same machine with a token of its own, which is
// bound to its key. Over a network, leave out AllowLoopback and use TLS.
func ExampleNewProofCredentials() {
	issuer := tokentest.NewIssuer(exampleTB{}, nil)
	address, stop := photoService(issuer)
	defer stop()

	key, err := dpop.NewKey()
	if err != nil {
		panic(err)
	}
	prover, err := dpop.NewProver(key)
	if err != nil {
		panic(err)
	}
	client, err := dpop.NewClient(dpop.ClientConfig{
		Prover: prover,
		Tokens: func(context.Context) (accessToken, tokenType string, err error) {
			bound := tokentest.Claim("cnf", map[string]string{"jkt": prover.Thumbprint()})
			return issuer.Token(bound), "DPoP", nil
		},
		Origins: []string{"https://" + address},
	})
	if err != nil {
		panic(err)
	}
	proofs, err := grpcauth.NewProofCredentials(client)
	if err != nil {
		panic(err)
	}
	conn, err := grpc.NewClient(address, append(proofs.AllowLoopback().DialOptions(),
		grpc.WithTransportCredentials(local.NewCredentials()))...)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	resp, err := grpc_testing.NewTestServiceClient(conn).UnaryCall(context.Background(), &grpc_testing.SimpleRequest{})
	fmt.Println(resp.GetUsername(), err)
	// Output:
	// alice <nil>
}
