package grpcauth_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// These are the cases at the edge of a condition, each of which would go
// through if the condition were off by one or not there.

// A deadline that the caller chose, later than the token's end, is no way to
// keep a stream for longer.
func TestDeadlineLaterThanTheToken(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-10", func(t *testing.T) {
		for _, later := range []time.Duration{2 * time.Second, time.Hour} {
			inBubble(t, settings{policies: all(scope.Authenticated), service: waiting["waits for its context"].service}, func(t *testing.T, w world) {
				ctx, cancel := context.WithTimeout(w.good(t.Context(), tokentest.ExpiresIn(left)), left+leeway+later)
				defer cancel()
				assertExpires(t, open(t, w, ctx, "download"))
			})
		}
	})
}

// Once the token has expired nothing more reaches the stream, however often
// and in whatever kind of method a handler tries.
func TestNothingPassesAfterExpiry(t *testing.T) {
	t.Parallel()
	for _, info := range []*grpc.StreamServerInfo{
		{FullMethod: duplex}, {FullMethod: duplex, IsServerStream: true}, {FullMethod: duplex, IsClientStream: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			guard := grpcauth.New(says(verified(t, tokentest.ExpiresIn(left)), nil), all(scope.Authenticated), nil)
			passed := 0
			count := func(any) error { passed++; return nil }
			ss := &fakeStream{ctx: incoming(t.Context(), "authorization", "Bearer x"), recv: count, send: count}
			err := guard.Stream(nil, ss, info, func(_ any, s grpc.ServerStream) error {
				require.NoError(t, s.SendMsg(nil))
				require.NoError(t, s.RecvMsg(nil))
				<-s.Context().Done()
				for range 200 {
					assert.Equal(t, codes.Unauthenticated, status.Code(s.SendMsg(nil)))
					assert.Equal(t, codes.Unauthenticated, status.Code(s.RecvMsg(nil)))
				}
				synctest.Wait()
				return nil
			})
			assert.Equal(t, codes.Unauthenticated, status.Code(err))
			assert.Equal(t, 2, passed, "%+v", info)
		})
	}
}

func TestEdgesOfDomain(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]error{
		" ": nil, "~": nil, "orders.example.com": nil, "\x1f": token.ErrConfig, "\x7f": token.ErrConfig, "é": token.ErrConfig, "a\nb": token.ErrConfig,
	} {
		assert.ErrorIs(t, (&grpcauth.Config{Resource: scope.Resource{Realm: domain}}).Validate(), want, "%q", domain)
	}
}
