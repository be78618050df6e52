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

// servers are one without a guard, to which the token is sent all the same,
// and guarded ones.
func servers(b *testing.B) map[string]grpc_testing.TestServiceClient {
	b.Helper()
	auth := postern(b, "RS256", true)
	return map[string]grpc_testing.TestServiceClient{
		"unguarded": dial(b),
		"guarded":   dial(b, grpcauth.New(auth, policies, nil).ServerOptions()...),
		"outliving": dial(b, grpcauth.New(auth, policies, &grpcauth.Config{StreamsOutliveToken: true}).ServerOptions()...),
		"cold":      dial(b, grpcauth.New(postern(b, "RS256", false), policies, nil).ServerOptions()...),
	}
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
	for server, client := range servers(b) {
		b.Run("kind=unary/server="+server, loop(func() bool {
			_, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
			return err == nil
		}))
		b.Run("kind=stream/server="+server, loop(func() bool {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			stream, err := client.FullDuplexCall(ctx)
			return err == nil && exchange(stream)
		}))
		b.Run("kind=message/server="+server, func(b *testing.B) {
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
