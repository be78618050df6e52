package seams_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// saying is an Authenticator with one answer.
func saying(t *token.Token, err error) judge {
	return func(context.Context, token.Presentation) (*token.Token, error) { return t, err }
}

// A rehearsal refuses no call, tells what it would have refused, and takes nothing
// away from the guard behind it. The rules beside it are enforced.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		whole    bool // the guard rehearses, and not the policy
		policy   scope.Policy
		sent     []string
		err      error // of the Authenticator
		refused  error
		would    error
		token    bool // the handler finds it
		keeps    bool // the handler sees the credentials
		outlives bool // the call does not end with its token
	}{
		"rule, no token":             {false, scope.All("read").Rehearsed(), nil, nil, nil, token.ErrMissing, false, true, true},
		"rule, two tokens":           {false, scope.All("read").Rehearsed(), []string{"Bearer a", "Bearer b"}, nil, nil, token.ErrRequest, false, true, true},
		"rule, a bad token":          {false, scope.All("read").Rehearsed(), []string{"Bearer x"}, token.ErrExpired, nil, token.ErrExpired, false, true, true},
		"rule, an outage":            {false, scope.All("read").Rehearsed(), []string{"Bearer x"}, token.ErrKeysUnavailable, nil, token.ErrKeysUnavailable, false, true, true},
		"rule, no scope":             {false, scope.All("write").Rehearsed(), []string{"Bearer x"}, nil, nil, token.ErrScope, true, true, true},
		"rule, good":                 {false, scope.All("read").Rehearsed(), []string{"Bearer x"}, nil, nil, nil, true, true, true},
		"optional rule, no token":    {false, scope.Optional.Rehearsed(), nil, nil, nil, nil, false, true, true},
		"optional rule, a bad one":   {false, scope.Optional.Rehearsed(), []string{"Bearer x"}, token.ErrExpired, nil, token.ErrExpired, false, true, true},
		"beside, no token":           {false, scope.All("read").And(scope.User.Rehearsed()), nil, nil, token.ErrMissing, nil, false, false, false},
		"beside, no scope":           {false, scope.All("write").And(scope.Client.Rehearsed()), []string{"Bearer x"}, nil, token.ErrScope, nil, false, false, false},
		"beside, broken":             {false, scope.All("read").And(scope.Client.Rehearsed()), []string{"Bearer x"}, nil, nil, token.ErrDenied, true, false, false},
		"beside, kept":               {false, scope.All("read").And(scope.User.Rehearsed()), []string{"Bearer x"}, nil, nil, nil, true, false, false},
		"beside optional, no token":  {false, scope.Optional.And(scope.User.Rehearsed()), nil, nil, nil, token.ErrMissing, false, false, true},
		"beside optional, a bad one": {false, scope.Optional.And(scope.User.Rehearsed()), []string{"Bearer x"}, token.ErrExpired, token.ErrExpired, nil, false, false, false},
		"beside public":              {false, scope.Public.And(scope.All("read").Rehearsed()), nil, nil, nil, token.ErrMissing, false, true, true},
		"two beside":                 {false, scope.All("read").And(scope.User.Rehearsed()).And(scope.All("write").Rehearsed()), []string{"Bearer x"}, nil, nil, token.ErrScope, true, false, false},
		"rehearsed twice":            {false, scope.All("read").And(scope.Client.Rehearsed()).Rehearsed(), []string{"Bearer x"}, nil, nil, token.ErrDenied, true, true, true},
		"guard, no token":            {true, scope.All("read"), nil, nil, nil, token.ErrMissing, false, true, true},
		"guard, a bad token":         {true, scope.All("read"), []string{"Bearer x"}, token.ErrSignature, nil, token.ErrSignature, false, true, true},
		"guard, no scope":            {true, scope.All("write"), []string{"Bearer x"}, nil, nil, token.ErrScope, true, true, true},
		"guard, good":                {true, scope.All("read"), []string{"Bearer x"}, nil, nil, nil, true, true, true},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					good := verified(t)
					var told []scope.Decision
					tell := func(_ context.Context, d scope.Decision) { told = append(told, d) }
					got := call(t, setup{
						auth: saying(good, row.err), policy: row.policy, rehearsal: row.whole,
						trace: &scope.Trace{Allowed: tell, Refused: tell},
					}, row.sent...)
					require.Len(t, told, 1)
					require.ErrorIs(t, told[0].Err, row.refused)
					require.ErrorIs(t, told[0].Rehearsed, row.would)
					assert.Equal(t, row.refused == nil, got.admitted)
					if row.refused != nil {
						return
					}
					assert.Empty(t, got.challenges)
					_, found := token.FromContext(got.handlers)
					assert.Equal(t, row.token, found)
					assert.Equal(t, row.token, told[0].Token == good)
					assert.Equal(t, row.keeps && row.sent != nil, len(got.credentials) > 0)
					_, ends := got.handlers.Deadline()
					assert.Equal(t, row.outlives, !ends)
				})
			})
		}
	}
}

// A rehearsal without a hook for its findings is a hole and nothing else.
func TestRehearsalNeedsATrace(t *testing.T) {
	t.Parallel()
	for _, trace := range []*scope.Trace{nil, {}, {Refused: func(context.Context, scope.Decision) {}}} {
		require.ErrorIs(t, (&middleware.Config{Rehearsal: true, Trace: trace}).Validate(), token.ErrConfig)
		require.ErrorIs(t, (&grpcauth.Config{Rehearsal: true, Trace: trace}).Validate(), token.ErrConfig)
	}
	allowed := &scope.Trace{Allowed: func(context.Context, scope.Decision) {}}
	require.NoError(t, (&middleware.Config{Rehearsal: true, Trace: allowed, Hide: []string{"X-Api-Key"}}).Validate())
	require.NoError(t, (&grpcauth.Config{Rehearsal: true, Trace: allowed, Hide: []string{"x-api-key"}}).Validate())
}

// A method without a policy goes through a guard that rehearses, and is told.
func TestRehearsalOfAMethodWithoutAPolicy(t *testing.T) {
	t.Parallel()
	for _, kind := range []scope.Transport{"unary", "stream"} {
		var told []scope.Decision
		got := transports[kind](t, setup{
			auth: saying(verified(t), nil), rehearsal: true,
			trace: &scope.Trace{Allowed: func(_ context.Context, d scope.Decision) { told = append(told, d) }},
		}, "Bearer x")
		assert.True(t, got.admitted)
		require.Len(t, told, 1)
		assert.ErrorIs(t, told[0].Rehearsed, token.ErrDenied)
	}
	for _, kind := range []scope.Transport{"unary", "stream"} {
		assert.False(t, transports[kind](t, setup{auth: saying(verified(t), nil)}, "Bearer x").admitted)
	}
}
