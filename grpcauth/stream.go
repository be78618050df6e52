package grpcauth

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
)

// Stream is a grpc.StreamServerInterceptor. Install it together with Unary, or
// better both by ServerOptions.
//
// The token is verified when the stream opens. When the token expires, at
// token.Deadline by the clock of this machine, the context of the handler ends
// with the cause token.ErrExpired, its SendMsg and RecvMsg return, and once it
// has returned, with whatever error, the caller gets UNAUTHENTICATED with "The
// access token has expired". A handler that heeds neither its context nor
// errors of its stream is not stopped. A token whose expiry is not known ends
// a stream at once. Config.StreamsOutliveToken turns all this off.
//
// A message that was passed to a SendMsg or RecvMsg which returned because the
// token expired must not be used any more.
func (i *Interceptor) Stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, t, err := i.admit(ss.Context(), info.FullMethod)
	if err != nil {
		return i.refuseStream(ss, err)
	}
	if t == nil || i.config.StreamsOutliveToken || endsBy(ctx, t.Deadline()) {
		return handler(srv, &admitted{ss, ctx})
	}
	return i.untilExpiry(srv, ss, info, handler, withToken{ctx, t})
}

// withToken is an admitted call.
type withToken struct {
	ctx   context.Context
	token *token.Token
}

func (i *Interceptor) untilExpiry(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler, call withToken) error {
	ctx, cancel := context.WithDeadlineCause(call.ctx, call.token.Deadline(), token.ErrExpired)
	defer cancel()
	err := handler(srv, i.newBounded(ctx, ss, info))
	if !hasExpired(ctx) {
		return err
	}
	i.trace.expired(call.ctx, Call{Policy: i.policies[info.FullMethod], Method: info.FullMethod})
	return i.refuseStream(ss, token.ErrExpired)
}

func (i *Interceptor) refuseStream(ss grpc.ServerStream, err error) error {
	answer := i.refuse(ss.Context(), err)
	ss.SetTrailer(answer.trailer)
	return answer.status.Err()
}

// endsBy tells whether the call has a deadline of its own that is no later, so
// that there is nothing to watch.
func endsBy(ctx context.Context, deadline time.Time) bool {
	own, ok := ctx.Deadline()
	return ok && !own.After(deadline)
}

func hasExpired(ctx context.Context) bool { return context.Cause(ctx) == token.ErrExpired }

// admitted is a stream whose handler gets the context of an admitted call.
type admitted struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *admitted) Context() context.Context { return s.ctx }

// bounded is a stream whose operations end with its context, even those that
// wait for the peer.
type bounded struct {
	grpc.ServerStream
	ctx        context.Context
	send, recv *pump
}

func (i *Interceptor) newBounded(ctx context.Context, ss grpc.ServerStream, info *grpc.StreamServerInfo) *bounded {
	over := func() error {
		if hasExpired(ctx) {
			return i.refuse(ctx, token.ErrExpired).status.Err()
		}
		return status.FromContextError(ctx.Err()).Err()
	}
	return &bounded{
		ServerStream: ss,
		ctx:          ctx,
		send:         newPump(ctx, ss.SendMsg, over, info.IsServerStream),
		recv:         newPump(ctx, ss.RecvMsg, over, info.IsClientStream),
	}
}

func (s *bounded) Context() context.Context { return s.ctx }
func (s *bounded) SendMsg(m any) error      { return s.send.do(m) }
func (s *bounded) RecvMsg(m any) error      { return s.recv.do(m) }
