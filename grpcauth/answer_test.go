package grpcauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// One guard answers many calls. What it told one caller must not show in what
// it tells the next.
func TestAnswersOfOneGuard(t *testing.T) {
	t.Parallel()
	var verdict error
	i := grpcauth.New(judge(func(context.Context, token.Presentation) (*token.Token, error) { return nil, verdict }),
		all(scope.Authenticated), nil)
	need := func(scopes ...string) error { return &token.ScopeError{Need: scopes} }
	for range 2 {
		for _, row := range []struct {
			err      error
			message  string
			required string
		}{
			{token.ErrExpired, "The access token has expired", ""},
			{token.ErrAudience, "The access token is invalid", ""},
			{token.ErrBinding, "Invalid key binding", ""},
			{need("read"), "The access token lacks a required scope", "read"},
			{need("write", "admin"), "The access token lacks a required scope", "write admin"},
			{token.ErrScope, "The access token lacks a required scope", ""},
			{token.ErrDenied, "Access denied", ""},
		} {
			verdict = row.err
			_, err := i.Unary(incoming(context.Background(), "authorization", "Bearer x"), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
			assert.Equal(t, row.message, status.Convert(err).Message())
			assert.Equal(t, row.required, info(t, err).GetMetadata()["requiredScope"])
		}
	}
}
