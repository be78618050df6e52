package grpcauth_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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

func (r *record) trace() *grpcauth.Trace {
	return &grpcauth.Trace{
		Allowed: func(ctx context.Context, call grpcauth.Call) {
			t, _ := token.FromContext(ctx)
			r.allowed = append(r.allowed, fmt.Sprintf("%s %v %v", call.Method, call.Policy, t))
			r.look(ctx)
		},
		Refused: func(ctx context.Context, call grpcauth.Call, err error) {
			r.refused = append(r.refused, fmt.Sprintf("%s %v %s", call.Method, call.Policy, token.Reason(err)))
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
		download + " optional <nil>",
	}, seen.allowed)
	assert.Equal(t, []string{
		unary + " all(read) scope",
		unary + " all(read) expired",
		duplex + " refused missing",
		duplex + " refused denied",
	}, seen.refused)
	assert.False(t, seen.leaked)
}
