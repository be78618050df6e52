package grpcauth_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

var errBug = errors.New("bug")

// recovering are interceptors in front of the guard that turn panics into
// INTERNAL, as a server has them.
func recovering() []grpc.ServerOption {
	rescue := func(err *error) {
		if p := recover(); p != nil {
			*err = status.Error(codes.Internal, "recovered")
		}
	}
	return []grpc.ServerOption{
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
			defer rescue(&err)
			return handler(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
			defer rescue(&err)
			return handler(srv, ss)
		}),
	}
}

// A panic of anything of the user's comes up where the server's interceptors
// expect it, and lets no call through.
func TestPanicsAreTheServersToRecover(t *testing.T) {
	t.Parallel()
	bug := func(context.Context) error { panic(errBug) }
	panicking := &service{
		unary:    bug,
		download: func(s downloads) error { return bug(s.Context()) },
		upload:   func(s uploads) error { return bug(s.Context()) },
		duplex:   func(s duplexes) error { return bug(s.Context()) },
	}
	allowed := &grpcauth.Config{Trace: &scope.Trace{Allowed: func(context.Context, scope.Decision) { panic(errBug) }}}
	refused := &grpcauth.Config{Trace: &scope.Trace{Refused: func(context.Context, scope.Decision) { panic(errBug) }}}
	rule := scope.Claims("buggy", func(map[string]any) error { panic(errBug) })
	for name, row := range map[string]struct {
		settings  settings
		anonymous bool
	}{
		"handler":                      {settings{policies: all(scope.Authenticated), service: panicking}, false},
		"handler, public":              {settings{policies: all(scope.Public), service: panicking}, true},
		"handler, optional, no token":  {settings{policies: all(scope.Optional), service: panicking}, true},
		"hook Allowed":                 {settings{policies: all(scope.Authenticated), config: allowed, service: mustNotServe(t)}, false},
		"hook Allowed, optional":       {settings{policies: all(scope.Optional), config: allowed, service: mustNotServe(t)}, true},
		"hook Refused":                 {settings{policies: all(scope.Authenticated), config: refused, service: mustNotServe(t)}, true},
		"hook Refused, too few scopes": {settings{policies: all(scope.All("more")), config: refused, service: mustNotServe(t)}, false},
		"rule of a policy":             {settings{policies: all(rule), service: mustNotServe(t)}, false},
		"Authenticator":                {settings{policies: all(scope.Authenticated), auth: panickingJudge(), service: mustNotServe(t)}, false},
	} {
		row.settings.server = recovering()
		w := newWorld(t, row.settings)
		for kind, call := range calls {
			t.Run(name+"/"+kind, func(t *testing.T) {
				ctx := t.Context()
				if !row.anonymous {
					ctx = w.good(ctx)
				}
				assert.Equal(t, codes.Internal, status.Code(call(ctx, w.client).err))
			})
		}
	}
}

func panickingJudge() judge {
	return func(context.Context, token.Presentation) (*token.Token, error) { panic(errBug) }
}

// The handler of a stream runs in a goroutine of its own. What it does to its
// goroutine happens to that of the call, with the stack of where it happened.
func TestEndsOfAHandlersGoroutine(t *testing.T) {
	t.Parallel()
	guard := grpcauth.New(says(verified(t), nil), all(scope.Authenticated), nil)
	ss := &fakeStream{ctx: incoming(context.Background(), "authorization", "Bearer x"), recv: buggy, send: buggy}
	for name, use := range map[string]func(grpc.ServerStream){
		"itself":  func(grpc.ServerStream) { _ = buggy(nil) },
		"RecvMsg": func(s grpc.ServerStream) { _ = s.RecvMsg(nil) },
		"SendMsg": func(s grpc.ServerStream) { _ = s.SendMsg(nil) },
	} {
		err := recovered(func() {
			_ = guard.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex}, func(_ any, s grpc.ServerStream) error {
				use(s)
				return nil
			})
		})
		require.ErrorIs(t, err, errBug, name)
		assert.ErrorContains(t, err, "grpcauth_test.buggy", "the stack")
	}

	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = guard.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex}, func(any, grpc.ServerStream) error {
			runtime.Goexit()
			return nil
		})
		t.Error("runtime.Goexit was lost")
	}()
	<-left
}

func buggy(any) error { panic(errBug) }

// When a handler panics behind the answer nothing in front can recover it. It
// does not end the process, even if the hook panics too.
func TestPanicsBehindTheAnswer(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		value any
		hook  func(error)
		want  string
	}{
		"an error":        {errBug, nil, "bug"},
		"not an error":    {"text", nil, "text"},
		"nobody is told":  {errBug, nil, ""},
		"the hook panics": {errBug, func(err error) { panic(err) }, "bug"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen []string
				panicked := func(ctx context.Context, call scope.Decision, err error) {
					seen = append(seen, fmt.Sprint(subject(ctx), " ", call.Route, " ", call.Listed))
					assert.ErrorContains(t, err, row.want)
					if row.hook != nil {
						row.hook(err)
					}
				}
				want := []string{"alice " + duplex + " true"}
				if row.want == "" {
					panicked, want = nil, nil
				}
				guard := grpcauth.New(says(verified(t, tokentest.ExpiresIn(left)), nil), all(scope.Authenticated), &grpcauth.Config{Panicked: panicked})
				ss := newSlow(incoming(t.Context(), "authorization", "Bearer x"))
				err := guard.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex}, func(_ any, s grpc.ServerStream) error {
					_ = s.RecvMsg(new(int))
					panic(row.value)
				})
				assert.Equal(t, codes.Unauthenticated, status.Code(err))
				ss.ends()
				assert.Equal(t, want, seen)
			})
		})
	}
}

// The hook is for what none of the interceptors can recover, and for nothing
// else.
func TestPanickedIsForPanicsBehindTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		panicked := func(context.Context, scope.Decision, error) { t.Error("called") }
		guard := grpcauth.New(says(verified(t, tokentest.ExpiresIn(left)), nil), all(scope.Authenticated), &grpcauth.Config{Panicked: panicked})
		ss := newSlow(incoming(t.Context(), "authorization", "Bearer x"))
		run := func(handler func(grpc.ServerStream)) error {
			return guard.Stream(nil, ss, &grpc.StreamServerInfo{FullMethod: duplex}, func(_ any, s grpc.ServerStream) error {
				handler(s)
				return nil
			})
		}
		assert.ErrorIs(t, recovered(func() { _ = run(func(grpc.ServerStream) { panic(errBug) }) }), errBug)
		assert.Equal(t, codes.Unauthenticated, status.Code(run(func(s grpc.ServerStream) { _ = s.RecvMsg(new(int)) })))
		ss.ends()
	})
}
