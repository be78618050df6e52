package grpcauthtest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
)

// Serve serves srv in memory for the time of a test, and returns a connection
// to it. Register all services first. Further options of the connection come
// after those it needs, and may replace its transport credentials, which are
// insecure.NewCredentials. No socket is opened, so that it works in a bubble
// of testing/synctest; call it inside the bubble then.
//
// srv is stopped and the connection closed when the test ends; do both
// yourself at the end of a bubble.
func Serve(tb testing.TB, srv *grpc.Server, opts ...grpc.DialOption) *grpc.ClientConn {
	tb.Helper()
	lis := bufconn.Listen(256 << 10)
	go func() {
		// An error means that the test is over; calls report any other fault.
		_ = srv.Serve(lis)
	}()
	tb.Cleanup(srv.Stop)
	conn, err := grpc.NewClient("passthrough:///bufconn", append(toBuffer(lis), opts...)...)
	if err != nil {
		tb.Fatalf("grpcauthtest: %v", err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

func toBuffer(lis *bufconn.Listener) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
	}
}
