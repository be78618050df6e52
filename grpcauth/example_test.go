package grpcauth_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/local"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// exampleTB stands in for the *testing.T that an example does not have.
type exampleTB struct{ testing.TB }

func (exampleTB) Helper()                        {}
func (exampleTB) Cleanup(func())                 {}
func (exampleTB) Fatal(args ...any)              { panic(fmt.Sprint(args...)) }
func (exampleTB) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (exampleTB) Context() context.Context       { return context.Background() }

// newVerifier is what a service has in place of
//
//	token.NewVerifier(token.Config{
//		Issuer:   "https://login.example.com",
//		Audience: []string{"https://api.example.com"},
//	})
func newVerifier() (*tokentest.Issuer, *token.Verifier) {
	issuer := tokentest.NewIssuer(exampleTB{}, nil)
	verifier, err := token.NewVerifier(issuer.Config("https://api.example.com"))
	if err != nil {
		panic(err)
	}
	return issuer, verifier
}

// greeter is the service of the examples.
type greeter struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (greeter) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	t, _ := token.FromContext(ctx)
	return &grpc_testing.SimpleResponse{Username: t.Subject()}, nil
}

func ExampleNew() {
	issuer, verifier := newVerifier()
	guard := grpcauth.New(verifier, grpcauth.Policies{
		grpc_testing.TestService_UnaryCall_FullMethodName: scope.All("greetings:read"),
		grpc_health_v1.Health_Check_FullMethodName:        scope.Public,
	}, &grpcauth.Config{
		Resource: scope.Resource{Identifier: "https://greetings.example.com"},
		Trace: &scope.Trace{
			Refused: func(_ context.Context, call scope.Decision) {
				fmt.Println("refused:", call.Route, call.Policy, token.Reason(call.Err))
			},
		},
	})
	srv := grpc.NewServer(guard.ServerOptions()...) // see NewServer
	grpc_testing.RegisterTestServiceServer(srv, greeter{})
	client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(exampleTB{}, srv))

	for _, raw := range []string{issuer.Token(tokentest.Scope("greetings:read")), issuer.Token()} {
		ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+raw)
		resp, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
		fmt.Println(status.Code(err), resp.GetUsername())
	}
	// Output:
	// OK alice
	// refused: /grpc.testing.TestService/UnaryCall all(greetings:read) scope
	// PermissionDenied
}

// A server that is made so has no method that is open by mistake.
func ExampleInterceptor_NewServer() {
	_, verifier := newVerifier()
	guard := grpcauth.New(verifier, grpcauth.Policies{
		grpc_health_v1.Health_Check_FullMethodName: scope.Public,
		grpc_health_v1.Health_List_FullMethodName:  scope.All("health:read"),
		grpc_health_v1.Health_Watch_FullMethodName: scope.All("health:read"),
	}, nil)
	srv, err := guard.NewServer(func(s *grpc.Server) {
		grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	}, grpc.Creds(local.NewCredentials()))
	if err != nil {
		panic(err)
	}
	defer srv.Stop()
	_, err = guard.NewServer(func(*grpc.Server) {})
	fmt.Println(err)
	// Output:
	// grpcauth: /grpc.health.v1.Health/Check has a policy but is not served
	// grpcauth: /grpc.health.v1.Health/List has a policy but is not served
	// grpcauth: /grpc.health.v1.Health/Watch has a policy but is not served
}

// Options of the guard come first, and those of others after them.
func ExampleInterceptor_ServerOptions() {
	_, verifier := newVerifier()
	guard := grpcauth.New(verifier, grpcauth.Policies{
		grpc_testing.TestService_UnaryCall_FullMethodName: scope.Authenticated,
	}, nil)
	count := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		fmt.Println("a call that went through")
		return handler(ctx, req)
	}
	srv := grpc.NewServer(append(guard.ServerOptions(), grpc.ChainUnaryInterceptor(count))...)
	grpc_testing.RegisterTestServiceServer(srv, greeter{})
	client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(exampleTB{}, srv))

	_, err := client.UnaryCall(context.Background(), &grpc_testing.SimpleRequest{})
	fmt.Println(err)
	// Output:
	// rpc error: code = Unauthenticated desc = An access token is required
}

func ExampleInterceptor_Audit() {
	_, verifier := newVerifier()
	guard := grpcauth.New(verifier, grpcauth.Policies{
		grpc_health_v1.Health_Check_FullMethodName: scope.Public,
		"/shop.v1.Orders/Lsit":                     scope.All("orders:read"),
	}, nil)
	srv := grpc.NewServer(guard.ServerOptions()...)
	grpc_health_v1.RegisterHealthServer(srv, health.NewServer())

	fmt.Println(guard.Audit(srv))
	// Output:
	// grpcauth: /grpc.health.v1.Health/List has no policy
	// grpcauth: /grpc.health.v1.Health/Watch has no policy
	// grpcauth: /shop.v1.Orders/Lsit has a policy but is not served
}

// Settings that are not literals are checked before New, which panics.
// A test keeps what a server lets in in a file, by tokentest.Golden.
func ExampleInterceptor_Posture() {
	_, verifier := newVerifier()
	guard := grpcauth.New(verifier, grpcauth.Policies{
		grpc_testing.TestService_UnaryCall_FullMethodName: scope.All("greetings:read"),
	}, nil)
	for _, rule := range guard.Posture().Rules {
		fmt.Println(rule.Route, rule.Policy)
	}
	// Output: /grpc.testing.TestService/UnaryCall all(greetings:read)
}

// A method that takes its policy from a table of operations is audited with the
// guards of the other transports: ops.Audit(mux.Posture(), guard.Posture()).
func ExampleInterceptor_Posture_operations() {
	_, verifier := newVerifier()
	ops := scope.NewTable(
		scope.Operation{Name: "greetings.read", Policy: scope.All("greetings:read")},
		scope.Operation{Name: "greetings.write", Policy: scope.All("greetings:write")},
	)
	guard := grpcauth.New(verifier, grpcauth.Policies{
		grpc_testing.TestService_UnaryCall_FullMethodName: ops.Policy("greetings.read"),
	}, nil)
	fmt.Println(ops.Audit(guard.Posture()))
	// Output: scope: invalid configuration: operation "greetings.write": no rule of a guard refers to it
}

func ExamplePolicies_Validate() {
	policies := grpcauth.Policies{"shop.v1.Orders.List": scope.All("orders:read")}
	fmt.Println(policies.Validate())
	// Output:
	// grpcauth: "shop.v1.Orders.List" is not of the form "/service/method"
}

// A service that calls another one on the same machine on behalf of its own
// caller. Over a network, leave out AllowLoopback and use TLS.
func ExampleNewForwarder() {
	issuer, verifier := newVerifier()
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
	defer srv.Stop()

	conn, err := grpc.NewClient(lis.Addr().String(), append(grpcauth.NewForwarder().AllowLoopback().DialOptions(),
		grpc.WithTransportCredentials(local.NewCredentials()))...)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	client := grpc_testing.NewTestServiceClient(conn)

	// In a handler, ctx is that of the incoming call.
	caller, err := verifier.Authenticate(context.Background(), token.Bearer(issuer.Token()))
	if err != nil {
		panic(err)
	}
	ctx := token.NewContext(context.Background(), caller)

	resp, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
	fmt.Println(resp.GetUsername(), err)
	// Output:
	// alice <nil>
}
