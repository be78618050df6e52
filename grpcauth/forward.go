package grpcauth

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
)

// Forwarder passes the token of the caller on whose behalf a handler works on
// to the service at the other end of a connection. It implements
// credentials.PerRPCCredentials:
//
//	conn, err := grpc.NewClient(target,
//		grpc.WithTransportCredentials(credentials.NewTLS(nil)),
//		grpc.WithPerRPCCredentials(grpcauth.NewForwarder()))
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
	errBound    = status.Error(codes.Internal, "grpcauth: a token bound to its caller cannot be passed on")
)

// NewForwarder returns a Forwarder for connections over TLS, or another
// transport that gives privacy and integrity.
func NewForwarder() Forwarder { return Forwarder{} }

// AllowLoopback returns a Forwarder that serves connections made with
// google.golang.org/grpc/credentials/local as well, which stay on this
// machine. A connection made with credentials/insecure remains an error, even
// to loopback: nothing holds it there.
func (f Forwarder) AllowLoopback() Forwarder { return Forwarder{loopback: true} }

// RequireTransportSecurity implements credentials.PerRPCCredentials. It is
// true unless loopback is allowed, in which case GetRequestMetadata insists.
func (f Forwarder) RequireTransportSecurity() bool { return !f.loopback }

// GetRequestMetadata implements credentials.PerRPCCredentials. Nothing is
// attached if ctx carries no verified token, or if the program has set
// "authorization" in the outgoing metadata itself. A connection that is not
// private, and a token that is bound to the caller and so useless to anybody
// else, are errors with code INTERNAL. It does not block.
func (f Forwarder) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	if !f.isPrivate(ctx) {
		return nil, errInsecure
	}
	t, ok := token.FromContext(ctx)
	if !ok || hasAuthorization(ctx) {
		return nil, nil
	}
	if t.Bound() {
		return nil, errBound
	}
	return map[string]string{keyAuthorization: "Bearer " + t.Raw()}, nil
}

// isPrivate judges the connection of the call. One that says nothing of its
// security level is not private.
func (f Forwarder) isPrivate(ctx context.Context) bool {
	request, ok := credentials.RequestInfoFromContext(ctx)
	if !ok || request.AuthInfo == nil {
		return false
	}
	if f.loopback && request.AuthInfo.AuthType() == "local" {
		return true
	}
	info, ok := request.AuthInfo.(interface {
		GetCommonAuthInfo() credentials.CommonAuthInfo
	})
	return ok && info.GetCommonAuthInfo().SecurityLevel == credentials.PrivacyAndIntegrity
}

func hasAuthorization(ctx context.Context) bool {
	md, _ := metadata.FromOutgoingContext(ctx)
	return len(md[keyAuthorization]) > 0
}
