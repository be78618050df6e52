package grpcauth_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func TestNewServer(t *testing.T) {
	t.Parallel()
	guard := grpcauth.New(says(verified(t), nil), everything(scope.Authenticated), nil)
	registered := 0
	srv, err := guard.NewServer(func(s *grpc.Server) {
		registered++
		grpc_testing.RegisterTestServiceServer(s, &service{})
	})
	require.NoError(t, err)
	assert.Equal(t, 1, registered)
	client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(t, srv))
	for kind, call := range calls {
		assert.Equal(t, codes.Unauthenticated, status.Code(call(t.Context(), client).err), kind)
		assert.NoError(t, call(with(t.Context(), "authorization", "Bearer x"), client).err, kind)
	}
}

// No server comes out of what is not complete.
func TestNewServerRefuses(t *testing.T) {
	t.Parallel()
	leftover := everything(scope.Public)
	leftover["/shop.v1.Orders/List"] = scope.Public
	lacking := everything(scope.Public)
	delete(lacking, unary)
	register := func(s *grpc.Server) { grpc_testing.RegisterTestServiceServer(s, mustNotServe(t)) }
	for name, row := range map[string]struct {
		policies grpcauth.Policies
		register func(*grpc.Server)
		options  []grpc.ServerOption
		says     string
	}{
		"nothing to register":   {everything(scope.Public), nil, nil, "register is nil"},
		"a leftover":            {leftover, register, nil, "/shop.v1.Orders/List has a policy but is not served"},
		"no policy":             {lacking, register, nil, unary + " has no policy"},
		"hidden behind another": {everything(scope.Public), register, []grpc.ServerOption{grpc.UnaryInterceptor(refuse)}, "cannot be seen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, err := grpcauth.New(says(nil, nil), row.policies, nil).NewServer(row.register, row.options...)
			assert.Nil(t, srv)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

// limited is a server by NewServer whose methods are public: what holds there
// holds before a token is looked at.
func limited(t *testing.T, impl *service, opts ...grpc.ServerOption) *grpc.ClientConn {
	t.Helper()
	srv, err := grpcauth.New(says(nil, nil), everything(scope.Public), nil).NewServer(func(s *grpc.Server) {
		grpc_testing.RegisterTestServiceServer(s, impl)
	}, opts...)
	require.NoError(t, err)
	return grpcauthtest.Serve(t, srv, grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(8<<20)))
}

func TestLimitsOfSizes(t *testing.T) {
	t.Parallel()
	header := func(size int) func(context.Context, client) error {
		return func(ctx context.Context, c client) error {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+strings.Repeat("x", size))
			return callUnary(ctx, c).err
		}
	}
	message := func(size int) func(context.Context, client) error {
		return func(ctx context.Context, c client) error {
			_, err := c.UnaryCall(ctx, &grpc_testing.SimpleRequest{Payload: &grpc_testing.Payload{Body: make([]byte, size)}})
			return err
		}
	}
	for name, row := range map[string]struct {
		options []grpc.ServerOption
		call    func(context.Context, client) error
		fits    bool
	}{
		"a token of 48 KiB":             {nil, header(48 << 10), true},
		"a token of 64 KiB":             {nil, header(64 << 10), false},
		"a token of 64 KiB, by option":  {[]grpc.ServerOption{grpc.MaxHeaderListSize(96 << 10)}, header(64 << 10), true},
		"a message of less than 1 MiB":  {nil, message(1000 << 10), true},
		"a message of 1 MiB":            {nil, message(1 << 20), false},
		"a message of 1 MiB, by option": {[]grpc.ServerOption{grpc.MaxRecvMsgSize(2 << 20)}, message(1 << 20), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reached := false
			conn := limited(t, &service{unary: func(context.Context) error { reached = true; return nil }}, row.options...)
			err := row.call(t.Context(), grpc_testing.NewTestServiceClient(conn))
			assert.Equal(t, row.fits, err == nil, "%v", err)
			assert.Equal(t, row.fits, reached)
		})
	}
}

// A connection carries no more calls at a time than the limit, and others wait
// for their turn.
func TestLimitOfCallsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := limited(t, &service{})
		client := grpc_testing.NewTestServiceClient(conn)
		leave := func() {}
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := client.FullDuplexCall(ctx)
			require.NoError(t, err)
			leave = cancel
		}
		late, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.Equal(t, codes.DeadlineExceeded, status.Code(callUnary(late, client).err))
		leave()
		assert.NoError(t, callUnary(t.Context(), client).err)
		require.NoError(t, conn.Close())
	})
}

func TestLimitsOfAge(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		every, within time.Duration // between calls, and of the end
	}{
		"idle": {0, 16 * time.Minute},
		"old":  {time.Minute, 67 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				conn := limited(t, &service{})
				client := grpc_testing.NewTestServiceClient(conn)
				require.NoError(t, callUnary(t.Context(), client).err)
				began := time.Now()
				for conn.GetState() == connectivity.Ready && time.Since(began) <= row.within {
					time.Sleep(max(row.every, time.Second))
					if row.every > 0 {
						synctest.Wait()
						if conn.GetState() != connectivity.Ready {
							break
						}
						require.NoError(t, callUnary(t.Context(), client).err)
					}
				}
				assert.Less(t, time.Since(began), row.within)
				require.NoError(t, conn.Close())
			})
		})
	}
}
