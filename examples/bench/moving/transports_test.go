package moving_test

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/examples/bench/moving"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

type server struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (server) EmptyCall(context.Context, *grpc_testing.Empty) (*grpc_testing.Empty, error) {
	return &grpc_testing.Empty{}, nil
}

func (server) FullDuplexCall(grpc_testing.TestService_FullDuplexCallServer) error { return nil }

// behindAuthFunc is a service over gRPC: each token makes a unary call and opens
// a stream, which must agree.
func behindAuthFunc(t *testing.T, i *tokentest.Issuer) service {
	t.Helper()
	old, err := moving.AuthFunc(t.Context(), settings(i))
	require.NoError(t, err)
	var log bytes.Buffer
	srv := grpc.NewServer(moving.BesideGRPC(old, newVerifier(t, i), grpcauth.Policies{
		grpc_testing.TestService_EmptyCall_FullMethodName:      scope.All(right),
		grpc_testing.TestService_FullDuplexCall_FullMethodName: scope.All(right),
	}, logger(&log))...)
	grpc_testing.RegisterTestServiceServer(srv, server{})
	client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(t, srv))
	return func(t *testing.T, raw string) verdict {
		t.Helper()
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+raw)
		log.Reset()
		_, err := client.EmptyCall(ctx, &grpc_testing.Empty{})
		unary := verdict{err == nil, reason(t, &log)}
		log.Reset()
		stream, err := client.FullDuplexCall(ctx)
		require.NoError(t, err)
		_, err = stream.Recv()
		require.Equal(t, unary, verdict{err.Error() == "EOF", reason(t, &log)})
		return unary
	}
}

// envoySettings are the provider on the page, with the issuer of the test.
func envoySettings(t *testing.T, i *tokentest.Issuer) string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, block, "the page has no settings for Envoy")
	return strings.NewReplacer(
		"https://as.example.com/jwks", i.KeysURL(),
		"https://as.example.com", i.Identifier(),
	).Replace(string(block[1]))
}

func behindEnvoy(t *testing.T, i *tokentest.Issuer) service {
	t.Helper()
	provider, err := moving.ParseEnvoy([]byte(envoySettings(t, i)))
	require.NoError(t, err)
	return behind(moving.Envoy(provider))(t, i)
}

// Without forward, Envoy takes the token away, and the rehearsal reports every
// call.
func TestEnvoyMustForwardTheToken(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	good := issuer.Token(tokentest.Scope(right))
	assert.Equal(t, verdict{true, ""}, behindEnvoy(t, issuer)(t, good))

	text := envoySettings(t, issuer)
	require.Contains(t, text, "forward: true\n")
	provider, err := moving.ParseEnvoy([]byte(strings.Replace(text, "forward: true\n", "", 1)))
	require.NoError(t, err)
	assert.Equal(t, verdict{true, "missing"}, behind(moving.Envoy(provider))(t, issuer)(t, good))
}

func TestEnvoySettingsAreThoseOfItsSchema(t *testing.T) {
	t.Parallel()
	text := envoySettings(t, newIssuer(t))
	_, err := moving.ParseEnvoy([]byte(text))
	require.NoError(t, err)
	_, err = moving.ParseEnvoy([]byte(text + "leeway: 60\n"))
	require.Error(t, err)
}
