package grpcauth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// ProofCredentials calls the service at the other end of a connection with
// DPoP-bound tokens of the program's own (RFC 9449). It implements
// credentials.PerRPCCredentials:
//
//	proofs, err := grpcauth.NewProofCredentials(client)
//	conn, err := grpc.NewClient(target, append(proofs.DialOptions(),
//		grpc.WithTransportCredentials(credentials.NewTLS(nil)))...)
//
// The authority of the connection must be one of dpop.ClientConfig.Origins, as
// https://AUTHORITY. Each call has a proof of its own, for POST and
// https://AUTHORITY/PACKAGE.SERVICE/METHOD, and so has each attempt that grpc-go
// makes by itself. A stream has one, for when it is opened.
//
// Make it by NewProofCredentials. It is safe for concurrent use.
type ProofCredentials struct {
	client   *dpop.Client
	loopback bool
}

var _ credentials.PerRPCCredentials = ProofCredentials{}

var (
	errProofInsecure = status.Error(codes.Internal, "grpcauth: a DPoP-bound token is sent over a private connection only")
	errProofSeveral  = status.Error(codes.Internal, "grpcauth: a call with a DPoP-bound token has another source of authorization")
)

// NewProofCredentials returns ProofCredentials for connections over TLS, or another
// transport that gives privacy and integrity. The client may serve several
// connections, and a dpop.Transport beside them. The error matches token.ErrConfig:
// the client is nil.
func NewProofCredentials(client *dpop.Client) (ProofCredentials, error) {
	if client == nil {
		return ProofCredentials{}, fmt.Errorf("grpcauth: %w: the client of ProofCredentials is nil", token.ErrConfig)
	}
	return ProofCredentials{client: client}, nil
}

// DialOptions installs the credentials on a connection, with interceptors that learn
// the nonces of the service, which credentials alone cannot see, and try once more if
// a call is refused with UNAUTHENTICATED and the reason USE_DPOP_NONCE:
//
//   - A unary call, and a stream to which the client sends one message, are always
//     tried again. The message must not be modified until the first answer is there,
//     as grpc-go asks anyway.
//   - A stream of several messages is tried again only if it is refused before the
//     first of them is sent, since what has been sent is gone. If not, the program
//     gets the refusal and opens another stream, which has the nonce. A unary call
//     before it saves that.
//
// As for a Forwarder, calls that have credentials of their own by
// grpc.PerRPCCredentials are errors with code INTERNAL, and grpc.WithPerRPCCredentials
// must not be added if they set an authorization value, too.
func (p ProofCredentials) DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithPerRPCCredentials(p),
		grpc.WithChainUnaryInterceptor(callWithProof),
		grpc.WithChainStreamInterceptor(openWithProof),
	}
}

// AllowLoopback returns ProofCredentials that serve connections made with
// google.golang.org/grpc/credentials/local as well, as Forwarder.AllowLoopback does.
// The origin is https there, too.
func (p ProofCredentials) AllowLoopback() ProofCredentials {
	return ProofCredentials{client: p.client, loopback: true}
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. It is true
// unless loopback is allowed, in which case GetRequestMetadata insists.
func (p ProofCredentials) RequireTransportSecurity() bool { return !p.loopback }

// GetRequestMetadata implements credentials.PerRPCCredentials. It blocks as long as
// the source of tokens and the key do. Errors have code INTERNAL if they are a
// mistake in the program: a connection that is not private, an authority that is not
// listed, a token of another type, or values of "authorization" or "dpop" that the
// program has set. An error of the source or the key has code UNAVAILABLE, or that of
// the context if it has ended.
func (p ProofCredentials) GetRequestMetadata(ctx context.Context, uri ...string) (map[string]string, error) {
	switch {
	case !isPrivate(ctx, p.loopback):
		return nil, errProofInsecure
	case setByProgram(ctx, keyAuthorization)+setByProgram(ctx, keyDPoP) > 0:
		return nil, errProofSeveral
	}
	attempt, err := p.client.Attempt(ctx, http.MethodPost, targetOf(ctx, uri))
	if err != nil {
		return nil, proofStatus(ctx, err)
	}
	if made, ok := ctx.Value(lastAttemptKey{}).(*lastAttempt); ok {
		made.set(attempt)
	}
	return map[string]string{keyAuthorization: attempt.Authorization(), keyDPoP: attempt.Proof()}, nil
}

// targetOf is the URL of a call, or nil. grpc-go tells the URI of the service, and the
// method elsewhere.
func targetOf(ctx context.Context, uri []string) *url.URL {
	request, ok := credentials.RequestInfoFromContext(ctx)
	if !ok || len(uri) != 1 {
		return nil
	}
	u, err := url.Parse(uri[0])
	if err != nil {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: request.Method}
}

// proofStatus gives an error a code. One without would become UNAUTHENTICATED, as if
// the service had refused the token.
func proofStatus(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case errIsOneOf(err, dpop.ErrTarget, dpop.ErrToken):
		return status.Error(codes.Internal, "grpcauth: "+err.Error())
	default:
		return status.Error(codes.Unavailable, "grpcauth: "+err.Error())
	}
}
