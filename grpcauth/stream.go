package grpcauth

import (
	"context"

	"google.golang.org/grpc"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Stream is a grpc.StreamServerInterceptor. It guards streaming methods, and
// methods that the server does not know, and leaves unary ones open: install
// it together with Unary, by NewServer or ServerOptions.
//
// The token is verified when the stream opens. When the token expires, at
// token.Deadline by the clock of this machine, the context of the handler ends
// with the cause token.ErrExpired, its SendMsg and RecvMsg return, and the
// caller gets UNAUTHENTICATED with "The access token has expired", regardless
// of the error that the handler returns. A handler that heeds neither its
// context nor errors of its stream is not stopped. A token without a known
// expiry ends a stream at once. Config.CallsOutliveToken turns all this off.
//
// The handler runs in a goroutine of its own, so that an operation that waits
// for the peer can be ended. It may use its messages as it could without a
// guard: an operation never touches one after it has returned. If the handler
// is inside an operation when the token expires, Stream returns before the
// handler does; see Config.Panicked for what follows from that.
func (i *Interceptor) Stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if info.FullMethod == probeStream && i.answers(ss.Context()) {
		return errProbed
	}
	ctx, t, err := i.admit(ss.Context(), info.FullMethod, ss.SetHeader)
	if err != nil {
		return i.refuseStream(ss, err)
	}
	inner, stop := i.untilExpiry(ctx, t)
	defer stop()
	if inner == ctx {
		return handler(srv, &admitted{ss, ctx})
	}
	return i.watch(inner, ss, info.FullMethod, func(s grpc.ServerStream) error { return handler(srv, s) })
}

// watch runs the handler until it returns, or until ctx has expired and
// the handler waits for the peer.
func (i *Interceptor) watch(ctx context.Context, ss grpc.ServerStream, method string, handler func(grpc.ServerStream) error) error {
	s := &bounded{ServerStream: ss, ctx: ctx, refuse: i.refuse}
	call := i.decision(ss.Context(), method)
	r := start(func() error { return handler(s) }, func(p *panicked) { i.afterwards(ctx, call, p) })
	select {
	case <-r.done:
	case <-ctx.Done():
		if !hasExpired(ctx) || s.isIdle() {
			<-r.done
		} else if r.abandon() {
			return i.expire(ctx, ss, call)
		}
	}
	if err := r.returned(); !hasExpired(ctx) {
		return err
	}
	return i.expire(ctx, ss, call)
}

// expire ends a stream that has outlived its token.
func (i *Interceptor) expire(ctx context.Context, ss grpc.ServerStream, call scope.Decision) error {
	i.expired(ctx, call)
	return i.refuseStream(ss, i.guard.Asking(call.Policy, token.ErrExpired))
}

func (i *Interceptor) refuseStream(ss grpc.ServerStream, err error) error {
	answer := i.refuse(ss.Context(), err)
	ss.SetTrailer(answer.trailer)
	return answer.status.Err()
}

// admitted is a stream that gives its handler the context of an admitted call.
type admitted struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *admitted) Context() context.Context { return s.ctx }
