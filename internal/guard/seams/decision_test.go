package seams_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// One Trace serves both guards, and each decision is one event with all that
// is known of it.
func TestDecision(t *testing.T) {
	t.Parallel()
	const took = 3 * time.Second
	for name, row := range map[string]struct {
		policy scope.Policy
		err    error // of the Authenticator
		want   error
		known  bool // whether the token is told
	}{
		"allowed": {scope.All("read"), nil, nil, true},
		"scope":   {scope.All("write"), nil, token.ErrScope, true},
		"expired": {scope.All("read"), token.ErrExpired, token.ErrExpired, false},
		"outage":  {scope.All("read"), token.ErrKeysUnavailable, token.ErrKeysUnavailable, false},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					good := verified(t)
					var allowed, refused []scope.Decision
					got := call(t, setup{
						auth: judge(func(context.Context, token.Presentation) (*token.Token, error) {
							time.Sleep(took)
							if row.err != nil {
								return nil, row.err
							}
							return good, nil
						}),
						policy: row.policy,
						trace: &scope.Trace{
							Allowed: func(ctx context.Context, d scope.Decision) { allowed = append(allowed, carried(t, ctx, d)) },
							Refused: func(ctx context.Context, d scope.Decision) { refused = append(refused, carried(t, ctx, d)) },
						},
					}, "Bearer x")
					assert.Equal(t, row.want == nil, got.admitted)
					all := append(allowed, refused...)
					require.Len(t, all, 1)
					assert.Len(t, refused, map[bool]int{true: 1}[row.want != nil])
					d := all[0]
					require.ErrorIs(t, d.Err, row.want)
					assert.Equal(t, row.known, d.Token == good)
					assert.Equal(t, row.policy.String(), d.Policy.String())
					assert.Equal(t, took, d.Duration)
					assert.Equal(t, "POST", d.Method)
					assert.True(t, d.Listed)
					assert.False(t, d.Nested)
					if kind == scope.HTTP {
						assert.Equal(t, scope.HTTP, d.Transport)
						assert.Empty(t, d.Route, "no ServeMux")
						return
					}
					assert.Equal(t, scope.GRPC, d.Transport)
					assert.Equal(t, method, d.Route)
				})
			})
		}
	}
}

// carried is d, whose token is the one in the context.
func carried(t *testing.T, ctx context.Context, d scope.Decision) scope.Decision {
	t.Helper()
	inContext, ok := token.FromContext(ctx)
	assert.Equal(t, d.Token != nil, ok)
	assert.Same(t, d.Token, inContext)
	return d
}
