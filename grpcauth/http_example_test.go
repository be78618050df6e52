package grpcauth_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
)

// A gateway that passes a refusal on to a caller over HTTP.
func ExampleWriteHTTP() {
	_, verifier := newVerifier()
	srv := grpc.NewServer(grpcauth.New(verifier, grpcauth.Policies{
		grpc_testing.TestService_UnaryCall_FullMethodName: scope.Authenticated,
	}, nil).ServerOptions()...)
	grpc_testing.RegisterTestServiceServer(srv, greeter{})
	defer srv.Stop()
	client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(exampleTB{}, srv))

	var trailer metadata.MD
	_, err := client.UnaryCall(context.Background(), &grpc_testing.SimpleRequest{}, grpc.Trailer(&trailer))
	w := httptest.NewRecorder()
	fmt.Println(grpcauth.WriteHTTP(w, err, trailer), w.Code, w.Header().Get("WWW-Authenticate"))
	// Output: true 401 Bearer realm="api"
}
