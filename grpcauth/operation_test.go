package grpcauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// A method that refers to an operation is named by it in hooks and in the audit of
// the table, in which one with a rule of its own fails.
func TestOperations(t *testing.T) {
	t.Parallel()
	ops := scope.NewTable(scope.Operation{Name: "orders.list", Policy: scope.All("read")})
	var told []string
	guarding := func(policies grpcauth.Policies) *grpcauth.Interceptor {
		return grpcauth.New(says(nil, nil), policies, &grpcauth.Config{Trace: &scope.Trace{
			Refused: func(_ context.Context, d scope.Decision) { told = append(told, d.Route+" "+d.Policy.Operation()) },
		}})
	}
	guard := guarding(grpcauth.Policies{"/a/List": ops.Policy("orders.list"), "/a/Mine": ops.Policy("orders.list").And(scope.User)})
	require.NoError(t, ops.Audit(guard.Posture()))
	for _, method := range []string{"/a/List", "/a/Mine", "/a/Absent"} {
		_, err := guard.Unary(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: method}, mustNotRun(t))
		require.Error(t, err)
	}
	assert.Equal(t, []string{"/a/List orders.list", "/a/Mine orders.list", "/a/Absent "}, told)

	own := guarding(grpcauth.Policies{"/a/List": ops.Policy("orders.list"), "/a/All": scope.All("read")}).Posture()
	require.ErrorIs(t, ops.Audit(own), token.ErrConfig)
	assert.NoError(t, ops.Audit(own.Except("/a/All")))
}
