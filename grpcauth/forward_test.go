package grpcauth_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/credentials/local"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func newIssuer(tb testing.TB) *tokentest.Issuer {
	tb.Helper()
	return tokentest.NewIssuer(tb, nil)
}

func boundTo(method string) tokentest.Edit {
	return tokentest.Claim("cnf", map[string]string{method: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})
}

// bound is a verified token that is bound to its caller.
func bound(t *testing.T) *token.Token {
	t.Helper()
	issuer := newIssuer(t)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{anyProof{}}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	got, err := verifier.Authenticate(t.Context(), token.Bearer(issuer.Token(boundTo("x5t#S256"))))
	require.NoError(t, err)
	require.True(t, got.Bound())
	return got
}

// anyProof takes everybody's word.
type anyProof struct{}

func (anyProof) Method() string                                                { return "x5t#S256" }
func (anyProof) Check(context.Context, *token.Token, token.Presentation) error { return nil }

// connection is what a transport says of itself.
type connection struct {
	kind  string
	level credentials.SecurityLevel
}

func (c connection) AuthType() string { return c.kind }
func (c connection) GetCommonAuthInfo() credentials.CommonAuthInfo {
	return credentials.CommonAuthInfo{SecurityLevel: c.level}
}

// silent is a transport that does not say how secure it is.
type silent struct{}

func (silent) AuthType() string { return "tls" }

func TestForwarder(t *testing.T) {
	t.Parallel()
	caller := verified(t)
	private := connection{"tls", credentials.PrivacyAndIntegrity}
	onLoopback := connection{"local", credentials.NoSecurity}
	remote, loopback := grpcauth.NewForwarder(), grpcauth.NewForwarder().AllowLoopback()
	for _, row := range []struct {
		name  string
		f     grpcauth.Forwarder
		over  credentials.AuthInfo
		as    *token.Token
		pairs []string
		sent  bool
		code  codes.Code
	}{
		{"over TLS", remote, private, caller, nil, true, codes.OK},
		{"over TLS, loopback allowed", loopback, private, caller, nil, true, codes.OK},
		{"over loopback, allowed", loopback, onLoopback, caller, nil, true, codes.OK},
		{"over loopback, not allowed", remote, onLoopback, caller, nil, false, codes.Internal},
		{"in clear", remote, connection{"insecure", credentials.NoSecurity}, caller, nil, false, codes.Internal},
		{"in clear, loopback allowed", loopback, connection{"insecure", credentials.NoSecurity}, caller, nil, false, codes.Internal},
		{"integrity only", remote, connection{"x", credentials.IntegrityOnly}, caller, nil, false, codes.Internal},
		{"integrity only, loopback allowed", loopback, connection{"x", credentials.IntegrityOnly}, caller, nil, false, codes.Internal},
		{"a level nobody set", loopback, connection{"tls", credentials.InvalidSecurityLevel}, caller, nil, false, codes.Internal},
		{"a transport that says nothing", loopback, silent{}, caller, nil, false, codes.Internal},
		{"no transport", loopback, nil, caller, nil, false, codes.Internal},
		{"no token", remote, private, nil, nil, false, codes.OK},
		{"no token, in clear", remote, connection{"insecure", credentials.NoSecurity}, nil, nil, false, codes.Internal},
		{"the program has set its own", remote, private, caller, []string{"authorization", "Bearer own"}, false, codes.OK},
		{"the program has set something else", remote, private, caller, []string{"x-trace", "1"}, true, codes.OK},
		{"a bound token", remote, private, bound(t), nil, false, codes.Internal},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ctx := metadata.AppendToOutgoingContext(t.Context(), row.pairs...)
			if row.as != nil {
				ctx = token.NewContext(ctx, row.as)
			}
			ctx = credentials.NewContextWithRequestInfo(ctx, credentials.RequestInfo{AuthInfo: row.over})
			got, err := row.f.GetRequestMetadata(ctx, "https://photos.example.com/photos.v1.Photos")
			assert.Equal(t, row.code, status.Code(err))
			if row.sent {
				assert.Equal(t, map[string]string{"authorization": "Bearer " + caller.Raw()}, got)
			} else {
				assert.Empty(t, got)
			}
			if err != nil && row.as != nil {
				assert.NotContains(t, err.Error(), row.as.Raw())
			}
		})
	}
}

func TestForwarderOutsideACall(t *testing.T) {
	t.Parallel()
	_, err := grpcauth.NewForwarder().GetRequestMetadata(token.NewContext(t.Context(), verified(t)))
	assert.Equal(t, codes.Internal, status.Code(err))
}

func TestRequireTransportSecurity(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-16", func(t *testing.T) {
		assert.True(t, grpcauth.NewForwarder().RequireTransportSecurity())
		assert.True(t, grpcauth.Forwarder{}.RequireTransportSecurity())
		assert.False(t, grpcauth.NewForwarder().AllowLoopback().RequireTransportSecurity())

		_, err := grpc.NewClient("passthrough:///x", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(grpcauth.NewForwarder()))
		assert.Error(t, err, "dialing in clear fails")
	})
}

// behind is a service that another one calls on behalf of its own caller.
func behind(t *testing.T, s settings) (front, back world) {
	t.Helper()
	back = newWorld(t, s)
	verifier := verifierOf(t, back.Issuer)
	front = newWorld(t, settings{policies: all(scope.Optional), auth: verifier, service: &service{unary: func(ctx context.Context) error {
		_, err := back.client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
		return err
	}}})
	return front, back
}

func TestForwardingOverTLS(t *testing.T) {
	t.Parallel()
	s := overTLS(t, settings{policies: all(scope.User)})
	s.dial = append(s.dial, grpc.WithPerRPCCredentials(grpcauth.NewForwarder()))
	front, back := behind(t, s)
	o := callUnary(back.good(t.Context()), front.client)
	require.NoError(t, o.err)
	assert.Equal(t, codes.Unauthenticated, status.Code(callUnary(t.Context(), front.client).err), "without a caller's token none is sent")
}

// Nothing but a Forwarder attaches a token.
func TestNothingIsForwardedByDefault(t *testing.T) {
	t.Parallel()
	t.Run("C_OUT-pass-1", func(t *testing.T) {
		front, back := behind(t, overTLS(t, settings{policies: all(scope.User)}))
		assert.Equal(t, codes.Unauthenticated, status.Code(callUnary(back.good(t.Context()), front.client).err))
	})
}

// Over a real loopback connection, since credentials/local insists on one.
func TestForwardingOverLoopback(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	guard := grpcauth.New(verifierOf(t, issuer), all(scope.User), nil)
	srv := grpc.NewServer(append(guard.ServerOptions(), grpc.Creds(local.NewCredentials()))...)
	grpc_testing.RegisterTestServiceServer(srv, &service{})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { assert.NoError(t, ignoreStopped(srv.Serve(lis))) }()
	t.Cleanup(srv.Stop)

	caller, err := verifierOf(t, issuer).Authenticate(t.Context(), token.Bearer(issuer.Token()))
	require.NoError(t, err)
	for name, row := range map[string]struct {
		transport credentials.TransportCredentials
		forward   grpcauth.Forwarder
		want      codes.Code
	}{
		"local, allowed":     {local.NewCredentials(), grpcauth.NewForwarder().AllowLoopback(), codes.OK},
		"local, not allowed": {local.NewCredentials(), grpcauth.NewForwarder(), codes.Unauthenticated},
		"insecure":           {insecure.NewCredentials(), grpcauth.NewForwarder().AllowLoopback(), codes.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(row.transport), grpc.WithPerRPCCredentials(row.forward))
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			resp, err := grpc_testing.NewTestServiceClient(conn).UnaryCall(token.NewContext(t.Context(), caller), &grpc_testing.SimpleRequest{})
			if row.want == codes.OK {
				require.NoError(t, err)
				assert.Equal(t, "alice", resp.GetUsername())
				return
			}
			assert.Error(t, err)
			assert.NotContains(t, err.Error(), caller.Raw())
		})
	}
}

func ignoreStopped(err error) error {
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}
