package grpcauth_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

// slow is a stream whose operations go on for an hour after they have begun,
// and then touch the message, as grpc-go does that decodes a large one.
type slow struct {
	fakeStream
	inside atomic.Bool
}

func newSlow(ctx context.Context) *slow {
	s := new(slow)
	touch := func(m any) error {
		s.inside.Store(true)
		time.Sleep(time.Hour)
		*m.(*int)++
		s.inside.Store(false)
		return nil
	}
	s.fakeStream = fakeStream{ctx: ctx, recv: touch, send: touch}
	return s
}

// ends waits until the operations and what follows them are over.
func (s *slow) ends() {
	time.Sleep(2 * time.Hour)
	synctest.Wait()
}

// Once an operation has returned, for any reason, its message belongs to the
// handler again: it may come from a pool.
func TestMessagesBelongToTheHandler(t *testing.T) {
	t.Parallel()
	ends := map[string]func(context.Context) (context.Context, context.CancelFunc){
		"the token expires": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		"the caller cancels": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Second, context.Canceled)
		},
	}
	operations := map[string]func(grpc.ServerStream, any) error{"RecvMsg": grpc.ServerStream.RecvMsg, "SendMsg": grpc.ServerStream.SendMsg}
	for end, bound := range ends {
		for name, operation := range operations {
			t.Run(end+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					guard := grpcauth.New(says(verified(t, tokentest.ExpiresIn(left)), nil), all(scope.Authenticated), nil)
					ctx, cancel := bound(incoming(t.Context(), "authorization", "Bearer x"))
					defer cancel()
					ss, ran := newSlow(ctx), make(chan struct{})
					_ = guard.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex}, func(_ any, s grpc.ServerStream) error {
						defer close(ran)
						m := new(int)
						_ = operation(s, m)
						assert.False(t, ss.inside.Load(), "returned, and the message is still in use")
						*m++
						return nil
					})
					<-ran
				})
			})
		}
	}
}

// slowCodec takes an hour to decode a message.
type slowCodec struct {
	encoding.CodecV2
	inside atomic.Bool
}

func (c *slowCodec) Unmarshal(data mem.BufferSlice, v any) error {
	c.inside.Store(true)
	defer c.inside.Store(false)
	time.Sleep(time.Hour)
	return c.CodecV2.Unmarshal(data, v)
}

// The same over a connection: grpc-go goes on to decode into a message when the
// call has ended.
func TestMessagesOverAConnection(t *testing.T) {
	t.Parallel()
	for name, patience := range map[string]time.Duration{"the caller gives up": time.Minute, "the token expires": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codec := &slowCodec{CodecV2: encoding.GetCodecV2("proto")}
			var failure error
			reusing := &service{duplex: func(s duplexes) error {
				m := new(grpc_testing.StreamingOutputCallRequest)
				failure = s.RecvMsg(m)
				assert.False(t, codec.inside.Load(), "returned, and the message is still in use")
				m.ResponseParameters = nil
				return failure
			}}
			s := settings{policies: all(scope.Authenticated), service: reusing, server: []grpc.ServerOption{grpc.ForceServerCodecV2(codec)}}
			inBubble(t, s, func(t *testing.T, w world) {
				ctx, cancel := context.WithTimeout(w.good(t.Context(), tokentest.ExpiresIn(left)), patience)
				defer cancel()
				stream := open(t, w, ctx, "duplex")
				require.NoError(t, stream.SendMsg(&grpc_testing.StreamingOutputCallRequest{}))
				assert.Error(t, stream.ends().err)
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				assert.Error(t, failure)
			})
		})
	}
}

// A caller is told that the token has expired when it does, even if the
// handler is slow to return from an operation.
func TestExpiryDoesNotWaitForAnOperation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		guard := grpcauth.New(says(verified(t, tokentest.ExpiresIn(left)), nil), all(scope.Authenticated), nil)
		ss, failure := newSlow(incoming(t.Context(), "authorization", "Bearer x")), make(chan error, 1)
		err := guard.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex}, func(_ any, s grpc.ServerStream) error {
			failure <- s.RecvMsg(new(int))
			assert.Equal(t, codes.Unauthenticated, status.Code(s.SendMsg(new(int))))
			return nil
		})
		assert.Equal(t, codes.Unauthenticated, status.Code(err))
		assert.InDelta(t, (left + leeway).Seconds(), time.Since(began).Seconds(), 1)
		assert.Equal(t, codes.Unauthenticated, status.Code(<-failure))
	})
}

// Stream returns before its handler only if the token has expired while the
// handler is inside an operation: what interceptors in front hold for a call
// they hold until its handler is done.
func TestHandlersAreWaitedFor(t *testing.T) {
	t.Parallel()
	waits := func(s grpc.ServerStream) { <-s.Context().Done() }
	receives := func(s grpc.ServerStream) { _ = s.RecvMsg(new(int)) }
	for name, row := range map[string]struct {
		handler func(grpc.ServerStream)
		gives   bool // up, after a second
		waited  bool
	}{
		"expires while it waits for its context": {waits, false, true},
		"expires while it receives":              {receives, false, false},
		"is given up while it waits":             {waits, true, true},
		"is given up while it receives":          {receives, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				guard := grpcauth.New(says(verified(t, tokentest.ExpiresIn(90*time.Minute)), nil), all(scope.Authenticated), nil)
				ctx, cancel := context.WithCancel(incoming(t.Context(), "authorization", "Bearer x"))
				defer cancel()
				if row.gives {
					time.AfterFunc(time.Second, cancel)
				}
				var done atomic.Bool
				ss := newSlow(ctx)
				_ = guard.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex}, func(_ any, s grpc.ServerStream) error {
					for s.Context().Err() == nil {
						row.handler(s)
					}
					time.Sleep(time.Minute)
					done.Store(true)
					return nil
				})
				assert.Equal(t, row.waited, done.Load())
				ss.ends()
			})
		})
	}
}
