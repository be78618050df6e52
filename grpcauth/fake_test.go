package grpcauth_test

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
)

type (
	downloads = grpc_testing.TestService_StreamingOutputCallServer
	uploads   = grpc_testing.TestService_StreamingInputCallServer
	duplexes  = grpc_testing.TestService_FullDuplexCallServer
)

type emptyMessage struct{ message grpc_testing.Empty }

func (e *emptyMessage) proto() *grpc_testing.Empty { return &e.message }

// fakeStream is a stream without a peer: its operations are funcs of the test.
type fakeStream struct {
	grpc.ServerStream
	ctx     context.Context
	recv    func(any) error
	send    func(any) error
	trailer metadata.MD
}

func (f *fakeStream) Context() context.Context  { return f.ctx }
func (f *fakeStream) SetTrailer(md metadata.MD) { f.trailer = metadata.Join(f.trailer, md) }
func (f *fakeStream) RecvMsg(m any) error       { return f.recv(m) }
func (f *fakeStream) SendMsg(m any) error       { return f.send(m) }

type client = grpc_testing.TestServiceClient

// clientWith adds options to the calls of a client.
type clientWith struct {
	client
	opts []grpc.CallOption
}

func (c clientWith) UnaryCall(ctx context.Context, in *grpc_testing.SimpleRequest, opts ...grpc.CallOption) (*grpc_testing.SimpleResponse, error) {
	return c.client.UnaryCall(ctx, in, append(opts, c.opts...)...)
}

func (c clientWith) StreamingOutputCall(ctx context.Context, in *grpc_testing.StreamingOutputCallRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[grpc_testing.StreamingOutputCallResponse], error) {
	return c.client.StreamingOutputCall(ctx, in, append(opts, c.opts...)...)
}

func (c clientWith) StreamingInputCall(ctx context.Context, opts ...grpc.CallOption) (grpc.ClientStreamingClient[grpc_testing.StreamingInputCallRequest, grpc_testing.StreamingInputCallResponse], error) {
	return c.client.StreamingInputCall(ctx, append(opts, c.opts...)...)
}

func (c clientWith) FullDuplexCall(ctx context.Context, opts ...grpc.CallOption) (grpc.BidiStreamingClient[grpc_testing.StreamingOutputCallRequest, grpc_testing.StreamingOutputCallResponse], error) {
	return c.client.FullDuplexCall(ctx, append(opts, c.opts...)...)
}
