package grpcauthtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token/tokentest"
)

// Target makes a tokentest.Target of a method. call calls it with the context
// and the options it is given, and returns its error. Of a streaming method it
// opens the stream and receives until there is an answer: a message, io.EOF or
// an error. A call that returns nil or io.EOF counts as admitted, so it must
// be one that succeeds when its caller may make it.
//
// Attacks that gRPC cannot carry are not made: those in a query, those with a
// certificate, for which there is TargetOver, those with bytes that grpc-go does
// not send in metadata, and those larger than grpc.MaxHeaderListSize of the
// server, which the client does not send. For what a client of another kind may
// send, package grpcauth has tests of its own.
func Target(call func(ctx context.Context, opts ...grpc.CallOption) error) tokentest.Target {
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		if c.Certificate != nil {
			return tokentest.Answer{Unsent: true}
		}
		return attempt(ctx, c, call)
	}
}

// TargetOver is Target for a service that takes tokens bound to certificates. dial
// returns a connection with the certificate of a client, or without one if it is nil,
// such as one from Serve with grpc.WithTransportCredentials. Each certificate has one
// connection. call makes the call over it.
func TargetOver(dial func(*tokentest.Certificate) *grpc.ClientConn, call func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) error) tokentest.Target {
	var mu sync.Mutex
	conns := map[*tokentest.Certificate]*grpc.ClientConn{}
	over := func(cert *tokentest.Certificate) *grpc.ClientConn {
		mu.Lock()
		defer mu.Unlock()
		if conns[cert] == nil {
			conns[cert] = dial(cert)
		}
		return conns[cert]
	}
	return func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		return attempt(ctx, c, func(ctx context.Context, opts ...grpc.CallOption) error {
			return call(ctx, over(c.Certificate), opts...)
		})
	}
}

// attempt makes a call with credentials, if grpc-go can send them.
func attempt(ctx context.Context, c tokentest.Credentials, call func(ctx context.Context, opts ...grpc.CallOption) error) tokentest.Answer {
	md := metadataOf(c)
	if len(c.Query) > 0 || !canBeSent(md) {
		return tokentest.Answer{Unsent: true}
	}
	var header, trailer metadata.MD
	err := call(metadata.NewOutgoingContext(ctx, md), grpc.Header(&header), grpc.Trailer(&trailer))
	switch {
	case errors.Is(err, io.EOF):
		err = nil
	case isTooLarge(err):
		return tokentest.Answer{Unsent: true}
	}
	return answer(status.Code(err), header, trailer)
}

// isTooLarge reports whether grpc-go's client has kept the call back because
// the server allows no header fields of that size. gRPC has no code for that.
func isTooLarge(err error) bool {
	st := status.Convert(err)
	return st.Code() == codes.Internal && strings.Contains(st.Message(), "header list size to send violates the maximum size")
}

func answer(code codes.Code, header, trailer metadata.MD) tokentest.Answer {
	a := tokentest.Answer{
		Admitted:  code == codes.OK,
		Code:      uint32(code),
		Challenge: trailer.Get("www-authenticate"),
	}
	if nonces := append(header.Get("dpop-nonce"), trailer.Get("dpop-nonce")...); len(nonces) > 0 {
		a.Nonce = nonces[0]
	}
	return a
}

func metadataOf(c tokentest.Credentials) metadata.MD {
	md := metadata.MD{}
	for name, values := range c.Fields {
		md.Append(name, values...)
	}
	md.Append("authorization", c.Authorization...)
	return md
}

// canBeSent tells whether grpc-go sends the metadata, which has to be
// printable ASCII.
func canBeSent(md metadata.MD) bool {
	for name, values := range md {
		if strings.HasSuffix(name, "-bin") {
			continue
		}
		for _, value := range values {
			if !printable.Is(value) {
				return false
			}
		}
	}
	return true
}
