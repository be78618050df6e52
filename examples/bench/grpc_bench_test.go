package bench_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
)

// service does nothing, as fast as it can.
type service struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (service) UnaryCall(context.Context, *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	return &grpc_testing.SimpleResponse{}, nil
}

func (service) FullDuplexCall(stream grpc_testing.TestService_FullDuplexCallServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return err
		}
		if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{}); err != nil {
			return err
		}
	}
}

func dial(tb testing.TB, opts ...grpc.ServerOption) grpc_testing.TestServiceClient {
	tb.Helper()
	srv := grpc.NewServer(opts...)
	grpc_testing.RegisterTestServiceServer(srv, service{})
	return grpc_testing.NewTestServiceClient(grpcauthtest.Serve(tb, srv))
}

var policies = grpcauth.Policies{
	grpc_testing.TestService_UnaryCall_FullMethodName:      scope.All(bench.Scope),
	grpc_testing.TestService_FullDuplexCall_FullMethodName: scope.All(bench.Scope),
}

// servers are those without a guard, to which the token is sent all the same,
// and guarded ones. In "workers" a call does not begin on a new stack.
func servers(b *testing.B) []server {
	b.Helper()
	auth := postern(b, "RS256", true)
	keeping := grpc.NumStreamWorkers(4) // goroutines whose stacks have grown already
	return []server{
		{"unguarded", dial(b)},
		{"guarded", dial(b, grpcauth.New(auth, policies, nil).ServerOptions()...)},
		{"outliving", dial(b, grpcauth.New(auth, policies, &grpcauth.Config{CallsOutliveToken: true}).ServerOptions()...)},
		{"cold", dial(b, grpcauth.New(postern(b, "RS256", false), policies, nil).ServerOptions()...)},
		{"workers-unguarded", dial(b, keeping)},
		{"workers-guarded", dial(b, append(grpcauth.New(auth, policies, nil).ServerOptions(), keeping)...)},
	}
}

type server struct {
	name   string
	client grpc_testing.TestServiceClient
}

func bearer(b *testing.B) context.Context {
	b.Helper()
	return metadata.AppendToOutgoingContext(b.Context(), "authorization", "Bearer "+issuers["RS256"]().Token(900))
}

// BenchmarkGRPC is calls over a connection in memory: a unary call, a stream
// that is opened for one message each way, and a message each way on a stream
// that is open.
func BenchmarkGRPC(b *testing.B) {
	ctx := bearer(b)
	for _, s := range servers(b) {
		client := s.client
		b.Run("kind=unary/server="+s.name, loop(func() bool {
			_, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
			return err == nil
		}))
		b.Run("kind=stream/server="+s.name, loop(func() bool {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			stream, err := client.FullDuplexCall(ctx)
			return err == nil && exchange(stream)
		}))
		b.Run("kind=message/server="+s.name, func(b *testing.B) {
			stream, err := client.FullDuplexCall(ctx)
			require.NoError(b, err)
			loop(func() bool { return exchange(stream) })(b)
		})
	}
}

func exchange(stream grpc_testing.TestService_FullDuplexCallClient) bool {
	if stream.Send(&grpc_testing.StreamingOutputCallRequest{}) != nil {
		return false
	}
	_, err := stream.Recv()
	return err == nil
}

// BenchmarkInterceptor is the interceptor by itself.
func BenchmarkInterceptor(b *testing.B) {
	auth := postern(b, "RS256", true)
	guard := grpcauth.New(auth, policies, nil)
	raw := issuers["RS256"]().Token(900)
	incoming := func(pairs ...string) context.Context {
		return metadata.NewIncomingContext(b.Context(), metadata.Pairs(append(pairs,
			":authority", "orders.example.com", "content-type", "application/grpc", "user-agent", "bench")...))
	}
	call := func(ctx context.Context, good bool) func() bool {
		info := &grpc.UnaryServerInfo{FullMethod: grpc_testing.TestService_UnaryCall_FullMethodName}
		handler := func(context.Context, any) (any, error) { return nil, nil }
		return func() bool {
			_, err := guard.Unary(ctx, nil, info, handler)
			return (err == nil) == good
		}
	}
	b.Run("call=verifier", authenticate(auth, raw, true))
	b.Run("call=good", loop(call(incoming("authorization", "Bearer "+raw), true)))
	b.Run("call=missing", loop(call(incoming(), false)))
}
