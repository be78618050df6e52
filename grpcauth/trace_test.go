package grpcauth_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// record keeps what a Trace was told.
type record struct {
	allowed []string
	refused []string
	leaked  bool
}

func (r *record) trace() *scope.Trace {
	return &scope.Trace{
		Allowed: func(ctx context.Context, call scope.Decision) {
			t, _ := token.FromContext(ctx)
			r.allowed = append(r.allowed, fmt.Sprintf("%s %v %v", call.Route, call.Policy, t))
			r.look(ctx)
		},
		Refused: func(ctx context.Context, call scope.Decision) {
			r.refused = append(r.refused, fmt.Sprintf("%s %v %s", call.Route, call.Policy, token.Reason(call.Err)))
			r.look(ctx)
		},
	}
}

func (r *record) look(ctx context.Context) {
	r.leaked = r.leaked || len(metadata.ValueFromIncomingContext(ctx, "authorization")) > 0
}

func TestTrace(t *testing.T) {
	t.Parallel()
	var seen record
	w := newWorld(t, settings{
		policies: grpcauth.Policies{unary: scope.All("read"), download: scope.Optional, upload: scope.Public},
		config:   &grpcauth.Config{Trace: seen.trace()},
	})
	callUnary(w.good(t.Context(), tokentest.Scope("read")), w.client)
	callUnary(w.good(t.Context()), w.client)
	callUnary(w.good(t.Context(), tokentest.ExpiresIn(-time.Hour)), w.client)
	callDownload(t.Context(), w.client)
	callUpload(t.Context(), w.client)
	callDuplex(t.Context(), w.client)
	callDuplex(w.good(t.Context()), w.client)
	assert.Equal(t, []string{
		unary + ` all(read) access token of "test-client" for "alice"`,
		download + " optional no access token",
	}, seen.allowed)
	assert.Equal(t, []string{
		unary + " all(read) scope",
		unary + " all(read) expired",
		duplex + " refused missing",
		duplex + " refused denied",
	}, seen.refused)
	assert.False(t, seen.leaked)
}

// Whatever an Authenticator returns, a Trace is told one of the outcomes, with
// the cause for the operator.
func TestTraceGetsOutcomes(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	for _, row := range []struct {
		says judge
		want error
	}{
		{says(nil, cause), cause},
		{says(nil, nil), token.ErrUnavailable},
		{says(new(token.Token), nil), token.ErrUnavailable},
		{says(nil, token.ErrExpired), token.ErrExpired},
	} {
		var got error
		i := grpcauth.New(row.says, all(scope.Authenticated), &grpcauth.Config{Trace: &scope.Trace{
			Refused: func(_ context.Context, call scope.Decision) { got = call.Err },
		}})
		_, _ = i.Unary(incoming(context.Background(), "authorization", "Bearer x"), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		assert.True(t, token.IsOutcome(got))
		assert.ErrorIs(t, got, row.want)
	}
}

// A Trace with some of its funcs gets the calls it asks for and no others.
func TestTraceInPart(t *testing.T) {
	t.Parallel()
	info := &grpc.UnaryServerInfo{FullMethod: unary}
	good := incoming(context.Background(), "authorization", "Bearer x")
	handler := func(context.Context, any) (any, error) { return nil, nil }
	for _, trace := range []*scope.Trace{
		{Allowed: func(ctx context.Context, _ scope.Decision) { assert.Equal(t, "alice", subject(ctx)) }},
		{Refused: func(_ context.Context, call scope.Decision) { assert.ErrorIs(t, call.Err, token.ErrMissing) }},
		{},
	} {
		i := grpcauth.New(says(verified(t), nil), all(scope.Authenticated), &grpcauth.Config{Trace: trace})
		_, err := i.Unary(good, nil, info, handler)
		assert.NoError(t, err)
		_, err = i.Unary(context.Background(), nil, info, handler)
		assert.Error(t, err)
	}
}
