package grpcauth

import (
	"context"
	"errors"
	"slices"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token/dpop"
)

const keyNonce = "dpop-nonce"

// lastAttempt is the credentials that a call was last sent with. The credentials of
// the connection set it, and an interceptor reads it.
type lastAttempt struct {
	mu sync.Mutex
	a  *dpop.Attempt
}

type lastAttemptKey struct{}

func (l *lastAttempt) set(a *dpop.Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.a = a
}

// learn keeps the nonce of an answer, and reports whether another attempt would have
// another nonce. A guard refuses with a nonce in the trailer. One in the header metadata
// is of a guard that has let the call in, so that a handler has run.
func (l *lastAttempt) learn(md metadata.MD) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.a == nil {
		return false // nothing was sent
	}
	return l.a.Learn(md[keyNonce]...)
}

func withLastAttempt(ctx context.Context) (context.Context, *lastAttempt) {
	l := &lastAttempt{}
	return context.WithValue(ctx, lastAttemptKey{}, l), l
}

// callWithProof is the interceptor of unary calls.
func callWithProof(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if slices.ContainsFunc(opts, isCredentials) {
		return errProofSeveral
	}
	once := func() (again bool, err error) {
		var header, trailer metadata.MD
		own, sent := withLastAttempt(ctx)
		err = invoke(own, method, req, reply, cc, append(slices.Clip(opts), grpc.Header(&header), grpc.Trailer(&trailer))...)
		sent.learn(header)
		return sent.learn(trailer) && refusedForNonce(err), err
	}
	again, err := once()
	if again {
		_, err = once()
	}
	return err
}

// refusedForNonce reports whether err refuses a call because its proof has no nonce,
// or not the one that the service wants.
func refusedForNonce(err error) bool {
	st := status.Convert(err)
	if st.Code() != codes.Unauthenticated {
		return false
	}
	return slices.ContainsFunc(st.Details(), func(detail any) bool {
		info, ok := detail.(*errdetails.ErrorInfo)
		return ok && info.GetReason() == "USE_DPOP_NONCE"
	})
}

func errIsOneOf(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
