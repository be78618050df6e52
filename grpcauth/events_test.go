package grpcauth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// events are what a Trace was told, a line each.
type events []string

func (e *events) trace() *scope.Trace {
	note := func(ctx context.Context, call scope.Decision, verdict string) {
		seen := ""
		if len(metadata.ValueFromIncomingContext(ctx, "authorization")) > 0 {
			seen = " and sees credentials"
		}
		*e = append(*e, fmt.Sprintf("%s: listed=%v nested=%v %s%s", verdict, call.Listed, call.Nested, subject(ctx), seen))
	}
	return &scope.Trace{
		Allowed: func(ctx context.Context, call scope.Decision) { note(ctx, call, "allowed") },
		Refused: func(ctx context.Context, call scope.Decision) { note(ctx, call, token.Reason(call.Err)) },
	}
}

// Each decision is one event, which says who was refused. The names of the rows
// are those of middleware's table.
func TestEvents(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	ruling := func(err error) scope.Policy { return scope.Claims("ruling", func(struct{}) error { return err }) }
	good, none, late := bearer(issuer.Token()), metadata.MD{}, bearer(issuer.Token(tokentest.ExpiresIn(-time.Hour)))
	for _, row := range []struct {
		name   string
		sent   metadata.MD
		guards []scope.Policy
		want   events
	}{
		{"allowed", good, guards(scope.Authenticated), events{"allowed: listed=true nested=false alice"}},
		{"scope", good, guards(scope.All("read")), events{"scope: listed=true nested=false alice"}},
		{"denied", good, guards(ruling(token.ErrDenied)), events{"denied: listed=true nested=false alice"}},
		{"step-up", good, guards(ruling(&token.StepUpError{MaxAge: time.Minute})), events{"step_up: listed=true nested=false alice"}},
		{"expired", late, guards(scope.Authenticated), events{"expired: listed=true nested=false nobody"}},
		{"missing", none, guards(scope.Authenticated), events{"missing: listed=true nested=false nobody"}},
		{"optional", none, guards(scope.Optional), events{"allowed: listed=true nested=false nobody"}},
		{"public", good, guards(scope.Public), nil},

		{"nested", good, guards(scope.Authenticated, scope.Authenticated), events{"allowed: listed=true nested=false alice", "allowed: listed=true nested=true alice"}},
		{"nested without a token", none, guards(scope.Optional, scope.Optional), events{"allowed: listed=true nested=false nobody", "allowed: listed=true nested=true nobody"}},
		{"nested, refused inside", good, guards(scope.Authenticated, scope.All("read")), events{"allowed: listed=true nested=false alice", "scope: listed=true nested=true alice"}},
		{"nested, refused outside", good, guards(scope.All("read"), scope.Authenticated), events{"scope: listed=true nested=false alice"}},
		{"nested behind public", good, guards(scope.Public, scope.Authenticated), events{"allowed: listed=true nested=false alice"}},
		{"nested three deep", good, guards(scope.Authenticated, scope.Public, scope.Authenticated), events{"allowed: listed=true nested=false alice", "allowed: listed=true nested=true alice"}},
	} {
		for _, kind := range []string{"unary", "stream"} {
			t.Run(row.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				var got events
				p := promise{guards: row.guards, cfg: grpcauth.Config{Trace: got.trace()}}
				_ = p.wrap(verifierOf(t, issuer), kind, nil, func(context.Context) error { return nil })(metadata.NewIncomingContext(t.Context(), row.sent))
				assert.Equal(t, row.want, got)
			})
		}
	}
}

// An outer guard without hooks has reported nothing, so the inner event counts.
func TestNestedGuardOfASilentOne(t *testing.T) {
	t.Parallel()
	var got events
	good := says(verified(t), nil)
	silent := grpcauth.New(good, all(scope.Authenticated), nil)
	noting := grpcauth.New(good, all(scope.Authenticated), &grpcauth.Config{Trace: got.trace()})
	require.NoError(t, through(silent, "unary", incoming(t.Context(), "authorization", "Bearer x"), func(ctx context.Context) error {
		return through(noting, "unary", ctx, func(context.Context) error { return nil })
	}))
	assert.Equal(t, events{"allowed: listed=true nested=false alice"}, got)
}

// A hook learns whether the method has a policy. The name of one that has not
// is text from outside.
func TestCallOfAMethodNotListed(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]scope.Decision{
		unary:                               {Policy: scope.Authenticated, Route: unary, Listed: true},
		"/a/b\r\nlevel=info msg=forged":     {Route: "/a/b; level=info msg=forged"},
		"/a/\u00fc\x1b[2J":                  {Route: `/a/\u00fc\x1b[2J`},
		"/a/" + strings.Repeat("b", 10<<10): {Route: "/a/" + strings.Repeat("b", printable.MaxLine-6) + "..."},
	} {
		var got scope.Decision
		guard := grpcauth.New(says(nil, nil), all(scope.Authenticated), &grpcauth.Config{Trace: &scope.Trace{
			Refused: func(_ context.Context, call scope.Decision) { got = call },
		}})
		_, err := guard.Unary(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: method}, mustNotRun(t))
		assert.Equal(t, codes.Unauthenticated, status.Code(err))
		assert.Equal(t, want.Route, got.Route)
		assert.Equal(t, want.Listed, got.Listed)
		assert.Equal(t, want.Policy.String(), got.Policy.String())
	}
}

// A caller who goes away while keys are fetched is no outage to be alerted of.
func TestTheCallerGoesAway(t *testing.T) {
	t.Parallel()
	waiting := judge(func(ctx context.Context, _ token.Presentation) (*token.Token, error) {
		<-ctx.Done()
		return nil, token.ErrKeysUnavailable
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for want, ctx := range map[error]context.Context{context.Canceled: gone, context.DeadlineExceeded: late} {
		var got error
		guard := grpcauth.New(waiting, all(scope.Authenticated), &grpcauth.Config{Trace: &scope.Trace{
			Refused: func(_ context.Context, call scope.Decision) { got = call.Err },
		}})
		_, err := guard.Unary(incoming(ctx, "authorization", "Bearer x"), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		assert.ErrorIs(t, got, want)
		assert.ErrorIs(t, got, token.ErrUnavailable)
		assert.Equal(t, status.FromContextError(want).Code(), status.Code(err))
	}
}
