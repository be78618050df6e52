package grpcauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// instant is an Authenticator that costs nothing, so that what remains is the
// interceptor.
type instant struct{ token *token.Token }

func (i instant) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return i.token, nil
}

func dial(b *testing.B, opts ...grpc.ServerOption) grpc_testing.TestServiceClient {
	b.Helper()
	srv := grpc.NewServer(opts...)
	grpc_testing.RegisterTestServiceServer(srv, &service{})
	return grpc_testing.NewTestServiceClient(grpcauthtest.Serve(b, srv))
}

// BenchmarkUnary is a call over a connection in memory, with and without guard.
func BenchmarkUnary(b *testing.B) {
	issuer := tokentest.NewIssuer(b, nil)
	needs := all(scope.All("orders:read"))
	granted := verified(b, tokentest.Scope("orders:read"))
	ctx := with(b.Context(), "authorization", "Bearer "+issuer.Token(tokentest.Scope("orders:read")))
	for _, row := range []struct {
		name   string
		client grpc_testing.TestServiceClient
	}{
		{"baseline/no guard", dial(b)},
		{"guarded", dial(b, grpcauth.New(instant{granted}, needs, nil).ServerOptions()...)},
		{"guarded/real verifier", dial(b, grpcauth.New(verifierOf(b, issuer), needs, nil).ServerOptions()...)},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := row.client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkStream is one message there and back.
func BenchmarkStream(b *testing.B) {
	granted := instant{verified(b)}
	ctx := with(b.Context(), "authorization", "Bearer x")
	for _, row := range []struct {
		name   string
		client grpc_testing.TestServiceClient
	}{
		{"baseline/no guard", dial(b)},
		{"guarded", dial(b, grpcauth.New(granted, all(scope.Authenticated), nil).ServerOptions()...)},
		{"guarded/outlives its token", dial(b, grpcauth.New(granted, all(scope.Authenticated), &grpcauth.Config{CallsOutliveToken: true}).ServerOptions()...)},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			stream, err := row.client.FullDuplexCall(ctx)
			require.NoError(b, err)
			for b.Loop() {
				require.NoError(b, stream.Send(&grpc_testing.StreamingOutputCallRequest{}))
				_, err := stream.Recv()
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkInterceptor is the interceptor by itself.
func BenchmarkInterceptor(b *testing.B) {
	granted := verified(b, tokentest.Scope("orders:read"))
	info := &grpc.UnaryServerInfo{FullMethod: unary}
	handler := func(context.Context, any) (any, error) { return nil, nil }
	good := incoming(context.Background(), ":authority", "api.example.com", "authorization", "Bearer "+granted.Raw(), "content-type", "application/grpc", "user-agent", "bench")
	for _, row := range []struct {
		name string
		ctx  context.Context
		need scope.Policy
	}{
		{"allowed", good, scope.All("orders:read")},
		{"public", good, scope.Public},
		{"refused/no token", incoming(context.Background(), ":authority", "api.example.com"), scope.All("orders:read")},
		{"refused/scope", good, scope.All("orders:write")},
	} {
		guard := grpcauth.New(instant{granted}, all(row.need), nil)
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = guard.Unary(row.ctx, nil, info, handler)
			}
		})
	}
}
