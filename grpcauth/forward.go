package grpcauth

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
)

// Forwarder passes the token of a handler's caller on to the service at the
// other end of a connection. It implements credentials.PerRPCCredentials:
//
//	conn, err := grpc.NewClient(target, append(grpcauth.NewForwarder().DialOptions(),
//		grpc.WithTransportCredentials(credentials.NewTLS(nil)))...)
//
// Calls must be made with the context of the incoming call, or one derived
// from it. Nothing in this module ever attaches a token to a call unless a
// Forwarder does. That service must be in the token's audience too, or it will
// refuse it.
//
// A Forwarder is a value without state and safe for concurrent use.
type Forwarder struct{ loopback bool }

var _ credentials.PerRPCCredentials = Forwarder{}

var (
	errInsecure = status.Error(codes.Internal, "grpcauth: a token is passed on over a private connection only")
	errSeveral  = status.Error(codes.Internal, "grpcauth: a call with a forwarded token has another source of authorization")
	errBound    = status.Error(codes.Internal, "grpcauth: a token bound to its caller cannot be passed on")
)

// NewForwarder returns a Forwarder for connections over TLS, or another
// transport that gives privacy and integrity.
func NewForwarder() Forwarder { return Forwarder{} }

// DialOptions installs the Forwarder on a connection. Calls that have
// credentials of their own, by grpc.PerRPCCredentials among their options, are
// errors with code INTERNAL then: grpc-go would send both, and the service at
// the other end could not tell which caller the request is for. Use a
// connection of its own for calls in the service's name.
//
// Do not add grpc.WithPerRPCCredentials that set an authorization value, too:
// grpc-go sends the value of the last option only, and a Forwarder cannot
// detect that.
func (f Forwarder) DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithPerRPCCredentials(f),
		grpc.WithChainUnaryInterceptor(oneSource),
		grpc.WithChainStreamInterceptor(oneSourceOfStream),
	}
}

func oneSource(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if slices.ContainsFunc(opts, isCredentials) {
		return errSeveral
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

func oneSourceOfStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	if slices.ContainsFunc(opts, isCredentials) {
		return nil, errSeveral
	}
	return open(ctx, desc, cc, method, opts...)
}

func isCredentials(opt grpc.CallOption) bool {
	_, ok := opt.(grpc.PerRPCCredsCallOption)
	return ok
}

// AllowLoopback returns a Forwarder that serves connections made with
// google.golang.org/grpc/credentials/local as well, which stay on this
// machine: they look at the address that the connection was made to, and not at
// a name such as "localhost". A connection made with credentials/insecure
// remains an error, even to loopback: nothing holds it there.
func (f Forwarder) AllowLoopback() Forwarder { return Forwarder{loopback: true} }

// RequireTransportSecurity implements credentials.PerRPCCredentials. It is
// true unless loopback is allowed, in which case GetRequestMetadata insists.
func (f Forwarder) RequireTransportSecurity() bool { return !f.loopback }

// GetRequestMetadata implements credentials.PerRPCCredentials. Nothing is
// attached if ctx carries no verified token, or if the program has set
// "authorization" in the outgoing metadata itself, in any case. Errors have code
// INTERNAL: a connection that is not private, a program that has set several
// values, and a token that is bound to the caller, which nothing but the caller
// can use. It does not block.
func (f Forwarder) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	if !isPrivate(ctx, f.loopback) {
		return nil, errInsecure
	}
	own := setByProgram(ctx, keyAuthorization)
	if own > 1 {
		return nil, errSeveral
	}
	t, ok := token.FromContext(ctx)
	if !ok || own > 0 {
		return nil, nil
	}
	if t.Bound() {
		return nil, errBound
	}
	return map[string]string{keyAuthorization: "Bearer " + t.Raw()}, nil
}

// isPrivate judges the connection of the call. One that says nothing of its
// security level is not private. loopback takes credentials/local, too.
func isPrivate(ctx context.Context, loopback bool) bool {
	request, ok := credentials.RequestInfoFromContext(ctx)
	if !ok || request.AuthInfo == nil {
		return false
	}
	if loopback && request.AuthInfo.AuthType() == "local" {
		return true
	}
	info, ok := request.AuthInfo.(interface {
		GetCommonAuthInfo() credentials.CommonAuthInfo
	})
	return ok && info.GetCommonAuthInfo().SecurityLevel == credentials.PrivacyAndIntegrity
}

// setByProgram counts the values that the program has set, under a key in any
// case, which metadata.FromOutgoingContext makes lower.
func setByProgram(ctx context.Context, key string) int {
	md, _ := metadata.FromOutgoingContext(ctx)
	return len(md[key])
}
