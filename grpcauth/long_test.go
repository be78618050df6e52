package grpcauth_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A long answer ends with its token, be it a stream or the answer to a unary
// call. The names of the rows are those of middleware's table.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	const lifetime, patience = 10 * time.Minute, time.Hour
	for _, row := range []struct {
		name   string
		guards []scope.Policy
		cfg    grpcauth.Config
		token  bool
		parent time.Duration // the deadline that the call has anyway, or 0
		ends   time.Duration
		cause  error
	}{
		{"authenticated", guards(scope.Authenticated), grpcauth.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"optional", guards(scope.Optional), grpcauth.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"nested", guards(scope.Authenticated, scope.Authenticated), grpcauth.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"public inside", guards(scope.Authenticated, scope.Public), grpcauth.Config{}, true, 0, lifetime + leeway, token.ErrExpired},
		{"outlives by option", guards(scope.Authenticated), grpcauth.Config{CallsOutliveToken: true}, true, 0, patience, nil},
		{"optional without a token", guards(scope.Optional), grpcauth.Config{}, false, 0, patience, nil},
		{"public", guards(scope.Public), grpcauth.Config{}, true, 0, patience, nil},
		{"an earlier deadline", guards(scope.Authenticated), grpcauth.Config{}, true, time.Minute, time.Minute, context.DeadlineExceeded},
	} {
		for _, kind := range []string{"unary", "stream"} {
			t.Run(row.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					issuer := tokentest.NewIssuer(t, nil)
					ctx := t.Context()
					if row.token {
						ctx = incoming(ctx, "authorization", "Bearer "+issuer.Token(tokentest.ExpiresIn(lifetime)))
					}
					if row.parent > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, row.parent)
						defer cancel()
					}
					var events events
					cfg := row.cfg
					cfg.Trace = events.trace()
					err := promise{guards: row.guards, cfg: cfg}.wrap(verifierOf(t, issuer), kind, nil, func(ctx context.Context) error {
						start := time.Now()
						select {
						case <-ctx.Done():
						case <-time.After(patience):
						}
						assert.Equal(t, row.ends, time.Since(start))
						assert.Equal(t, row.cause, context.Cause(ctx))
						return status.FromContextError(ctx.Err()).Err()
					})(ctx)
					expired := 0
					for _, e := range events {
						if e[:7] == "expired" {
							expired++
						}
					}
					if row.cause == token.ErrExpired {
						assert.Equal(t, codes.Unauthenticated, status.Code(err))
						assert.Equal(t, 1, expired, "one decision, one event: %v", events)
					} else {
						assert.Equal(t, status.FromContextError(row.cause).Code(), status.Code(err))
						assert.Zero(t, expired)
					}
				})
			})
		}
	}
}

// What is put down to the token: an error of a handler whose token has expired
// by then, whether it looked at its context or not. An answer stands, and so
// does an error from before, or from a call that its caller gave up.
func TestErrorsAndExpiry(t *testing.T) {
	t.Parallel()
	own := status.Error(codes.NotFound, "the handler's own")
	for _, row := range []struct {
		name    string
		handler func(context.Context) error
		gives   bool // up, after a second
		unary   codes.Code
		stream  codes.Code
	}{
		{"an answer", func(ctx context.Context) error { <-ctx.Done(); return nil }, false, codes.OK, codes.Unauthenticated},
		{"an error", func(ctx context.Context) error { <-ctx.Done(); return own }, false, codes.Unauthenticated, codes.Unauthenticated},
		{"an error, not looking", func(context.Context) error { time.Sleep(time.Hour); return own }, false, codes.Unauthenticated, codes.Unauthenticated},
		{"an error from before", func(context.Context) error { return own }, false, codes.NotFound, codes.NotFound},
		{"the caller gives up", func(ctx context.Context) error { <-ctx.Done(); return own }, true, codes.NotFound, codes.NotFound},
	} {
		for kind, want := range map[string]codes.Code{"unary": row.unary, "stream": row.stream} {
			t.Run(row.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var events events
					guard := grpcauth.New(says(verified(t, tokentest.ExpiresIn(left)), nil), all(scope.Authenticated), &grpcauth.Config{Trace: events.trace()})
					ctx, cancel := context.WithCancel(incoming(t.Context(), "authorization", "Bearer x"))
					defer cancel()
					if row.gives {
						time.AfterFunc(time.Second, cancel)
					}
					assert.Equal(t, want, status.Code(through(guard, kind, ctx, row.handler)))
					assert.Len(t, events, map[bool]int{true: 2, false: 1}[want == codes.Unauthenticated])
				})
			})
		}
	}
}

// A short answer leaves nothing running behind it.
func TestShortAnswersStopTheirTimer(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"unary", "stream"} {
		synctest.Test(t, func(t *testing.T) {
			guard := grpcauth.New(says(verified(t), nil), all(scope.Authenticated), nil)
			var inner context.Context
			assert.NoError(t, through(guard, kind, incoming(t.Context(), "authorization", "Bearer x"), func(ctx context.Context) error {
				inner = ctx
				assert.NoError(t, ctx.Err())
				ctx.Done()
				return nil
			}))
			assert.ErrorIs(t, inner.Err(), context.Canceled)
		})
	}
}
