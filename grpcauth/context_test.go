package grpcauth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

type valueKey struct{}

// inHandler is the context that a handler gets for a call with ctx.
func inHandler(tb testing.TB, ctx context.Context, p scope.Policy) context.Context {
	tb.Helper()
	var got context.Context
	i := grpcauth.New(says(verified(tb), nil), all(p), nil)
	_, err := i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unary}, func(ctx context.Context, _ any) (any, error) {
		got = ctx
		return nil, nil
	})
	require.NoError(tb, err)
	return got
}

// However a handler asks for metadata, and whoever it asks through, it finds
// all but the credentials.
func TestMetadataInTheHandler(t *testing.T) {
	t.Parallel()
	derive := map[string]func(context.Context) context.Context{
		"its own":    func(ctx context.Context) context.Context { return ctx },
		"with value": func(ctx context.Context) context.Context { return context.WithValue(ctx, valueKey{}, 1) },
		"detached":   context.WithoutCancel,
		"with cancel": func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx
		},
	}
	for _, spelling := range []string{"authorization", "Authorization"} {
		for name, derived := range derive {
			t.Run(spelling+"/"+name, func(t *testing.T) {
				t.Parallel()
				held := metadata.MD{spelling: {"Bearer x"}, "DPoP": {"proof"}, "x-trace": {"1", "2"}}
				ctx := derived(inHandler(t, metadata.NewIncomingContext(context.Background(), held), scope.Authenticated))
				md, ok := metadata.FromIncomingContext(ctx)
				require.True(t, ok)
				assert.Equal(t, metadata.MD{"x-trace": {"1", "2"}}, md)
				assert.Empty(t, metadata.ValueFromIncomingContext(ctx, "authorization"))
				assert.Empty(t, metadata.ValueFromIncomingContext(ctx, "dpop"))
				assert.Equal(t, []string{"1", "2"}, metadata.ValueFromIncomingContext(ctx, "X-Trace"))
				_, ok = token.FromContext(ctx)
				assert.True(t, ok)
				assert.Len(t, held, 3, "what the call has is not changed")
			})
		}
	}
}

// What a handler does to its metadata is its own affair.
func TestMetadataInTheHandlerIsACopy(t *testing.T) {
	t.Parallel()
	ctx := inHandler(t, incoming(context.Background(), "authorization", "Bearer x", "x-trace", "1"), scope.Authenticated)
	md, _ := metadata.FromIncomingContext(ctx)
	md["x-trace"][0] = "2"
	md["x-more"] = []string{"3"}
	again, _ := metadata.FromIncomingContext(ctx)
	assert.Equal(t, metadata.MD{"x-trace": {"1"}}, again)
}

func TestNoMetadataInTheHandler(t *testing.T) {
	t.Parallel()
	_, ok := metadata.FromIncomingContext(inHandler(t, context.Background(), scope.Public))
	assert.False(t, ok)
}

// Everything else in the context is what it was.
func TestContextOfTheHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), valueKey{}, "held"))
		ctx, stop := context.WithTimeout(ctx, time.Minute) // ends before the token
		defer stop()
		inner := inHandler(t, incoming(ctx, "authorization", "Bearer x"), scope.Authenticated)
		assert.Equal(t, "held", inner.Value(valueKey{}))
		assert.Nil(t, inner.Value("absent"))
		deadline, ok := inner.Deadline()
		assert.True(t, ok)
		assert.Equal(t, time.Minute, time.Until(deadline))
		child, done := context.WithCancel(inner)
		defer done()
		why := errors.New("why")
		cancel(why)
		assert.Equal(t, why, context.Cause(child), "at once, by nobody's help")
	})
}

func TestMetadataUnderConcurrency(t *testing.T) {
	t.Parallel()
	ctx := inHandler(t, incoming(context.Background(), "authorization", "Bearer x", "x-trace", "1"), scope.Authenticated)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			md, _ := metadata.FromIncomingContext(ctx)
			assert.Equal(t, metadata.MD{"x-trace": {"1"}}, md)
		})
	}
	wg.Wait()
}
