package grpcauth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
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

// stage is a guarded method, within guards further out, and what is to be seen
// of one call of it: in the handler and by the hooks of the innermost guard.
type stage struct {
	outer  []*grpcauth.Interceptor
	inner  *grpcauth.Interceptor
	events []string
	seen   context.Context // the handler's, nil if it did not run
	lasts  time.Duration   // of the handler, or until its context ends
}

// newStage makes a stage with the policy for the method.
func newStage(tb testing.TB, auth token.Authenticator, p scope.Policy, cfg grpcauth.Config) *stage {
	s := new(stage)
	note := func(ctx context.Context, call grpcauth.Call, verdict string) {
		nested := ""
		if call.Nested {
			nested = " nested"
		}
		s.events = append(s.events, fmt.Sprintf("%s: %s%s", subject(ctx), verdict, nested))
		assert.Empty(tb, metadata.ValueFromIncomingContext(ctx, "authorization"), "hooks see no credentials")
	}
	cfg.Trace = &grpcauth.Trace{
		Allowed: func(ctx context.Context, call grpcauth.Call) { note(ctx, call, "allowed") },
		Refused: func(ctx context.Context, call grpcauth.Call, err error) { note(ctx, call, token.Reason(err)) },
	}
	s.inner = grpcauth.New(auth, all(p), &cfg)
	return s
}

// within adds a guard around those that are there.
func (s *stage) within(auth token.Authenticator, p scope.Policy, cfg *grpcauth.Config) *stage {
	s.outer = append([]*grpcauth.Interceptor{grpcauth.New(auth, all(p), cfg)}, s.outer...)
	return s
}

func (s *stage) handle(ctx context.Context) error {
	s.seen = ctx
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(s.lasts):
		return nil
	}
}

// play makes the call, as a unary one or as a stream.
func (s *stage) play(ctx context.Context, kind string) error {
	guards := append(s.outer[:len(s.outer):len(s.outer)], s.inner)
	if kind == "stream" {
		run := func(_ any, ss grpc.ServerStream) error { return s.handle(ss.Context()) }
		for i := len(guards) - 1; i >= 0; i-- {
			guard, next := guards[i], run
			run = func(srv any, ss grpc.ServerStream) error {
				return guard.Stream(srv, ss, &grpc.StreamServerInfo{FullMethod: duplex}, next)
			}
		}
		return run(nil, &fakeStream{ctx: ctx})
	}
	run := func(ctx context.Context, _ any) (any, error) { return nil, s.handle(ctx) }
	for i := len(guards) - 1; i >= 0; i-- {
		guard, next := guards[i], run
		run = func(ctx context.Context, req any) (any, error) {
			return guard.Unary(ctx, req, &grpc.UnaryServerInfo{FullMethod: unary}, next)
		}
	}
	_, err := run(ctx, nil)
	return err
}

// promise is one promise about a call with the token of alice and one about
// its answer, its handler and its hooks. Package middleware makes the same.
type promise struct {
	stage     func(testing.TB, token.Authenticator) *stage
	anonymous bool
	code      codes.Code
	handler   string // the subject that it finds, "" if it does not run
	events    []string
}

var promises = map[string]promise{
	"credentials are hidden": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Authenticated, grpcauth.Config{})
	}, false, codes.OK, "alice", []string{"alice: allowed"}},
	"public: credentials are hidden and no token is there": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Public, grpcauth.Config{})
	}, false, codes.OK, "nobody", nil},
	"public within a guard: no token is there": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Public, grpcauth.Config{}).within(a, scope.Authenticated, nil)
	}, false, codes.OK, "nobody", nil},
	"optional with a token": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Optional, grpcauth.Config{})
	}, false, codes.OK, "alice", []string{"alice: allowed"}},
	"optional without a token": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Optional, grpcauth.Config{})
	}, true, codes.OK, "nobody", []string{"nobody: allowed"}},
	"nested: the inner guard finds the token": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Authenticated, grpcauth.Config{}).within(a, scope.Authenticated, nil)
	}, false, codes.OK, "alice", []string{"alice: allowed"}},
	"nested in a public one: the inner guard finds the token": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Authenticated, grpcauth.Config{}).within(a, scope.Public, nil)
	}, false, codes.OK, "alice", []string{"alice: allowed"}},
	"nested three times: counted once": {func(tb testing.TB, a token.Authenticator) *stage {
		counting := &grpcauth.Config{Trace: &grpcauth.Trace{Allowed: func(context.Context, grpcauth.Call) {}}}
		return newStage(tb, a, scope.Authenticated, grpcauth.Config{}).within(a, scope.Public, nil).within(a, scope.Authenticated, counting)
	}, false, codes.OK, "alice", []string{"alice: allowed nested"}},
	"nested: the inner guard refuses": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.All("more"), grpcauth.Config{}).within(a, scope.Authenticated, nil)
	}, false, codes.PermissionDenied, "", []string{"alice: scope"}},
	"nested without a token": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Authenticated, grpcauth.Config{}).within(a, scope.Optional, nil)
	}, true, codes.Unauthenticated, "", []string{"nobody: missing"}},
	"a long answer ends with its token": {func(tb testing.TB, a token.Authenticator) *stage {
		s := newStage(tb, a, scope.Authenticated, grpcauth.Config{})
		s.lasts = time.Hour
		return s
	}, false, codes.Unauthenticated, "alice", []string{"alice: allowed", "alice: expired"}},
	"a long answer within guards ends with its token, by the outer one": {func(tb testing.TB, a token.Authenticator) *stage {
		s := newStage(tb, a, scope.Authenticated, grpcauth.Config{}).within(a, scope.Authenticated, nil)
		s.lasts = time.Hour
		return s
	}, false, codes.Unauthenticated, "alice", []string{"alice: allowed"}},
	"a long answer goes on by configuration": {func(tb testing.TB, a token.Authenticator) *stage {
		s := newStage(tb, a, scope.Authenticated, grpcauth.Config{CallsOutliveToken: true})
		s.lasts = time.Hour
		return s
	}, false, codes.OK, "alice", []string{"alice: allowed"}},
	"refused for its scopes: the hook knows who": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.All("more"), grpcauth.Config{})
	}, false, codes.PermissionDenied, "", []string{"alice: scope"}},
	"denied by a rule: the hook knows who": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, ruling(token.ErrDenied), grpcauth.Config{})
	}, false, codes.PermissionDenied, "", []string{"alice: denied"}},
	"step-up: the hook knows who": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, ruling(&token.StepUpError{MaxAge: time.Minute}), grpcauth.Config{})
	}, false, codes.Unauthenticated, "", []string{"alice: step_up"}},
	"no token: the hook knows of none": {func(tb testing.TB, a token.Authenticator) *stage {
		return newStage(tb, a, scope.Authenticated, grpcauth.Config{})
	}, true, codes.Unauthenticated, "", []string{"nobody: missing"}},
}

func ruling(err error) scope.Policy {
	return scope.Claims("ruling", func(map[string]any) error { return err })
}

func TestPromises(t *testing.T) {
	t.Parallel()
	for name, row := range promises {
		for _, kind := range []string{"unary", "stream"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					issuer := tokentest.NewIssuer(t, nil)
					s := row.stage(t, verifierOf(t, issuer))
					pairs := []string{"cookie", "session=1", "x-trace", "1"}
					if !row.anonymous {
						pairs = append(pairs, "authorization", "Bearer "+issuer.Token(tokentest.ExpiresIn(left)), "dpop", "proof")
					}
					err := s.play(incoming(t.Context(), pairs...), kind)
					assert.Equal(t, row.code, status.Code(err), "%v", err)
					assert.Equal(t, row.events, s.events)
					require.Equal(t, row.handler != "", s.seen != nil)
					if s.seen == nil {
						return
					}
					assert.Equal(t, row.handler, subject(s.seen))
					md, _ := metadata.FromIncomingContext(s.seen)
					assert.Equal(t, metadata.MD{"x-trace": {"1"}}, md)
				})
			})
		}
	}
}

// A hook learns whether the method has a policy. The name of one that has not
// is text from outside.
func TestCallOfAMethodNotListed(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]grpcauth.Call{
		unary:                               {Policy: scope.Authenticated, Method: unary, Listed: true},
		"/a/b\r\nlevel=info msg=forged":     {Method: "/a/b; level=info msg=forged"},
		"/a/\u00fc\x1b[2J":                  {Method: `/a/\u00fc\x1b[2J`},
		"/a/" + strings.Repeat("b", 10<<10): {Method: "/a/" + strings.Repeat("b", printable.MaxLine-6) + "..."},
	} {
		var got grpcauth.Call
		guard := grpcauth.New(says(nil, nil), all(scope.Authenticated), &grpcauth.Config{Trace: &grpcauth.Trace{
			Refused: func(_ context.Context, call grpcauth.Call, _ error) { got = call },
		}})
		_, err := guard.Unary(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: method}, mustNotRun(t))
		assert.Equal(t, codes.Unauthenticated, status.Code(err))
		assert.Equal(t, want.Method, got.Method)
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
		guard := grpcauth.New(waiting, all(scope.Authenticated), &grpcauth.Config{Trace: &grpcauth.Trace{
			Refused: func(_ context.Context, _ grpcauth.Call, err error) { got = err },
		}})
		_, err := guard.Unary(incoming(ctx, "authorization", "Bearer x"), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		assert.ErrorIs(t, got, want)
		assert.ErrorIs(t, got, token.ErrUnavailable)
		assert.Equal(t, status.FromContextError(want).Code(), status.Code(err))
	}
}
