package issuers_test

import (
	"context"
	"net/http"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// overBoth are a service over HTTP and one over gRPC with the same policy.
func overBoth(t *testing.T, auth token.Authenticator, policy scope.Policy, seen *outcome) map[string]tokentest.Target {
	t.Helper()
	trace := &scope.Trace{
		Allowed: func(_ context.Context, d scope.Decision) { *seen = outcome{token: d.Token} },
		Refused: func(_ context.Context, d scope.Decision) { *seen = outcome{err: d.Err} },
	}
	return map[string]tokentest.Target{
		"http": overHTTP(auth, policy, trace),
		"grpc": overGRPC(t, auth, policy, trace),
	}
}

// outcome is the last decision of a service, for one test at a time.
type outcome struct {
	token *token.Token
	err   error
}

func overHTTP(auth token.Authenticator, policy scope.Policy, trace *scope.Trace) tokentest.Target {
	guard := middleware.New(auth, &middleware.Config{Trace: trace})
	return tokentest.HTTPTarget(guard.Require(policy)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})), nil)
}

func overGRPC(t *testing.T, auth token.Authenticator, policy scope.Policy, trace *scope.Trace) tokentest.Target {
	t.Helper()
	const method = "/grpc.testing.TestService/UnaryCall"
	guard := grpcauth.New(auth, grpcauth.Policies{method: policy}, &grpcauth.Config{Trace: trace})
	srv := grpc.NewServer(guard.ServerOptions()...)
	grpc_testing.RegisterTestServiceServer(srv, photos{})
	client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(t, srv))
	return grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
		_, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{}, opts...)
		return err
	})
}

type photos struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (photos) UnaryCall(context.Context, *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	return &grpc_testing.SimpleResponse{}, nil
}

// present makes a call with a token, and wants the answer that fits the error.
func present(t *testing.T, target tokentest.Target, raw string, seen *outcome) outcome {
	t.Helper()
	*seen = outcome{}
	answer := target(t.Context(), tokentest.Credentials{Authorization: []string{"Bearer " + raw}})
	assert.Equal(t, seen.err == nil, answer.Admitted, answer.String())
	return *seen
}
