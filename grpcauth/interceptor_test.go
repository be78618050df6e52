package grpcauth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// TestCalls holds all four kinds of methods to the same answers.
func TestCalls(t *testing.T) {
	t.Parallel()
	const expired = "The access token has expired"
	needs := scope.All("read", "write")
	late := tokentest.ExpiresIn(-31 * time.Second)
	for _, row := range []struct {
		name   string
		policy scope.Policy
		call   func(world, context.Context) context.Context
		want   *refusal // nil: let in
		said   string
	}{
		{"C_GRPC-1 good", scope.Authenticated, bearing(), nil, "alice"},
		{"good and enough", needs, bearing(tokentest.Scope("write", "read")), nil, "alice"},
		{"C_GRPC-6 good and not enough", needs, bearing(tokentest.Scope("read")), &refusal{
			codes.PermissionDenied, "INSUFFICIENT_SCOPE", "The access token lacks a required scope",
			`Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read write", ` + rm,
			map[string]string{"requiredScope": "read write"},
		}, ""},
		{"C_GRPC-3 none", scope.Authenticated, sending(), &missing, ""},
		{"C_GRPC-1 authorization-bin", scope.Authenticated, sendingToken("authorization-bin", "Bearer "), &missing, ""},
		{"C_6750-2.1-11 proxy-authorization", scope.Authenticated, sendingToken("proxy-authorization", "Bearer "), &missing, ""},
		{"C_6750-2.1-11 cookie", scope.Authenticated, sendingToken("cookie", "access_token="), &missing, ""},
		{"C_GRPC-1 upper-case key", scope.Authenticated, sendingToken("AUTHORIZATION", "Bearer "), nil, "alice"},
		{"C_6750-2.1-2 bearer", scope.Authenticated, sendingToken("authorization", "bearer "), nil, "alice"},
		{"C_6750-2.1-8 Basic", scope.Authenticated, sending("authorization", "Basic dTpw"), &missing, ""},
		{"C_GRPC-2 two values", scope.Authenticated, twice, ptr(malformed("More than one access token was presented")), ""},
		{"C_GRPC-2 without token", scope.Authenticated, sending("authorization", "Bearer"), ptr(malformed("Malformed credentials")), ""},
		{"C_GRPC-2 joined by a comma", scope.Authenticated, joined, ptr(malformed("Malformed credentials")), ""},
		{"C_GRPC-7 expired", scope.Authenticated, bearing(late), ptr(invalid(expired)), ""},
		{"C_6750-3.1-5 expired and not enough", needs, bearing(late), ptr(invalid(expired)), ""},
		{"C_6750-3-8 hostile kid", scope.Authenticated, bearing(tokentest.Header("kid", "x\"\r\nset-cookie: a=b")), ptr(invalid("The access token is invalid")), ""},
		{"C_GRPC-3 denied", scope.Client, bearing(), &denied, ""},
		{"optional, good", scope.Optional, bearing(), nil, "alice"},
		{"optional, none", scope.Optional, sending(), nil, "nobody"},
		{"optional, expired", scope.Optional, bearing(late), ptr(invalid(expired)), ""},
		{"optional, malformed", scope.Optional, sending("authorization", "Bearer"), ptr(malformed("Malformed credentials")), ""},
		{"public, good", scope.Public, bearing(), nil, "nobody"},
		{"public, bad", scope.Public, twice, nil, "nobody"},
	} {
		w := newWorld(t, settings{policies: all(row.policy)})
		for kind, call := range calls {
			t.Run("C_GRPC-8 "+kind+"/"+row.name, func(t *testing.T) {
				o := call(row.call(w, t.Context()), w.client)
				if row.want != nil {
					assertRefused(t, o, *row.want)
					return
				}
				require.NoError(t, o.err)
				if kind != "upload" {
					assert.Equal(t, row.said, o.said)
				}
				assert.Empty(t, o.trailer.Get("www-authenticate"))
			})
		}
	}
}

func ptr(r refusal) *refusal { return &r }

func bearing(edits ...tokentest.Edit) func(world, context.Context) context.Context {
	return func(w world, ctx context.Context) context.Context { return w.good(ctx, edits...) }
}

func sending(pairs ...string) func(world, context.Context) context.Context {
	return func(_ world, ctx context.Context) context.Context { return with(ctx, pairs...) }
}

func sendingToken(key, prefix string) func(world, context.Context) context.Context {
	return func(w world, ctx context.Context) context.Context { return with(ctx, key, prefix+w.Token()) }
}

func twice(w world, ctx context.Context) context.Context { return w.good(w.good(ctx)) }

func joined(w world, ctx context.Context) context.Context {
	return with(ctx, "authorization", "Bearer "+w.Token()+", Bearer "+w.Token())
}

// Methods that are not listed are refused, whether the server has them or not.
func TestMethodsNotListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{policies: grpcauth.Policies{
		"/grpc.health.v1.Health/Check": scope.Public,
		unary:                          scope.Public,
	}})
	for _, row := range []struct{ name, method string }{
		{"C_GRPC-14 served", "/grpc.testing.TestService/EmptyCall"},
		{"C_GRPC-14 served, streaming", download},
		{"C_GRPC-13 unknown method", "/grpc.testing.TestService/Nothing"},
		{"C_GRPC-13 unknown service", "/grpc.testing.Nothing/UnaryCall"},
		{"C_GRPC-13 begins like a listed one", "/grpc.health.v1.Health/Checkx"},
		{"C_GRPC-13 the beginning of a listed one", "/grpc.health.v1.Health/Chec"},
		{"another case", "/grpc.testing.TestService/unarycall"},
		{"another case of the service", "/GRPC.testing.TestService/UnaryCall"},
		{"a slash too many", "//grpc.testing.TestService/UnaryCall"},
		{"a slash at the end", unary + "/"},
		{"escaped", "/grpc.testing.TestService%2FUnaryCall/x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assertRefused(t, invoke(w, t.Context(), row.method), missing)
			assertRefused(t, invoke(w, w.good(t.Context()), row.method), denied)
		})
	}
	t.Run("listed, but not served", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, codes.Unimplemented, status.Code(invoke(w, t.Context(), "/grpc.health.v1.Health/Check").err))
	})
}

func invoke(w world, ctx context.Context, method string) (o outcome) {
	var in, out emptyMessage
	o.err = w.conn.Invoke(ctx, method, in.proto(), out.proto(), grpc.Trailer(&o.trailer))
	return o
}

// A path without the leading slash never reaches a handler (CVE-2026-33186).
func TestPathWithoutSlash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{policies: grpcauth.Policies{unary: scope.All("admin")}, service: &service{
		unary: func(context.Context) error { t.Error("reached"); return nil },
	}})
	err := invoke(w, t.Context(), unary[1:]).err
	assert.Contains(t, []codes.Code{codes.Unimplemented, codes.Unauthenticated, codes.Internal}, status.Code(err), "%v", err)
}

// An Authenticator that breaks its contract lets nobody in, and its failures
// are never put down to the token.
func TestFaultyAuthenticator(t *testing.T) {
	t.Parallel()
	unavailable := refusal{codes.Unavailable, "UNAVAILABLE", "The access token cannot be checked at the moment", "", nil}
	keys := unavailable
	keys.reason = "KEYS_UNAVAILABLE"
	for _, row := range []struct {
		name string
		says judge
		want refusal
	}{
		{"C_GRPC-5 an error of another origin", says(nil, errors.New("connection refused")), unavailable},
		{"C_GRPC-5 an error of another origin with a token", says(new(token.Token), errors.New("connection refused")), unavailable},
		{"C_GRPC-5 a timeout that is not the call's", says(nil, context.DeadlineExceeded), unavailable},
		{"C_GRPC-5 a cancellation that is not the call's", says(nil, context.Canceled), unavailable},
		{"C_GRPC-5 keys out of reach", says(nil, token.ErrKeysUnavailable), keys},
		{"neither token nor error", says(nil, nil), unavailable},
		{"a token that nobody verified", says(new(token.Token), nil), unavailable},
		{"an error with a token", says(new(token.Token), token.ErrExpired), invalid("The access token has expired")},
	} {
		for _, p := range []scope.Policy{scope.Authenticated, scope.Optional} {
			w := newWorld(t, settings{policies: all(p), auth: row.says})
			for kind, call := range calls {
				t.Run(row.name+"/"+p.String()+"/"+kind, func(t *testing.T) {
					assertRefused(t, call(with(t.Context(), "authorization", "Bearer x"), w.client), row.want)
				})
			}
		}
	}
}

func TestIssuerDown(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-5", func(t *testing.T) {
		w := newWorld(t, settings{policies: all(scope.Authenticated)})
		w.GoDown()
		// The engine tries again within a second of its first failure.
		assertRefusedFor(t, callUnary(w.good(t.Context()), w.client),
			refusal{codes.Unavailable, "KEYS_UNAVAILABLE", "The access token cannot be checked at the moment", "", nil}, 1)
		w.ComeUp()
	})
}

// What ended is told by the context of the call, not by the error.
func TestTheCallItselfEnds(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-5", func(t *testing.T) {
		unreachable := judge(func(ctx context.Context, _ token.Presentation) (*token.Token, error) {
			<-ctx.Done()
			return nil, token.ErrKeysUnavailable
		})
		i := grpcauth.New(unreachable, all(scope.Authenticated), nil)
		late, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
		defer cancel()
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		for want, ctx := range map[codes.Code]context.Context{codes.DeadlineExceeded: late, codes.Canceled: gone} {
			ctx = incoming(ctx, "authorization", "Bearer x")
			_, err := i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
			assert.Equal(t, want, status.Code(err))
			err = i.Stream(nil, &fakeStream{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: duplex}, func(any, grpc.ServerStream) error {
				t.Error("the handler ran")
				return nil
			})
			assert.Equal(t, want, status.Code(err))
		}
	})
}

// A verdict on the token stands, even if the caller has gone meanwhile.
func TestVerdictOutlivesTheCall(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(says(nil, token.ErrExpired), all(scope.Authenticated), nil)
	ctx, cancel := context.WithCancel(incoming(context.Background(), "authorization", "Bearer x"))
	cancel()
	_, err := i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
	assert.Equal(t, codes.Unauthenticated, status.Code(err))
}

func incoming(ctx context.Context, pairs ...string) context.Context {
	return metadata.NewIncomingContext(ctx, metadata.Pairs(pairs...))
}

func mustNotRun(t *testing.T) grpc.UnaryHandler {
	return func(context.Context, any) (any, error) {
		t.Error("the handler ran")
		return nil, nil
	}
}

// What grpc-go's own client cannot send, another client may.
func TestHostileBytes(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(says(nil, errors.New("asked")), all(scope.Authenticated), nil)
	for _, value := range []string{"Bearer a\x00b", "Bearer a\r\nb", "Bearer t\u00f6k", "Bearer\ta", "Bearer a\x7f"} {
		_, err := i.Unary(incoming(context.Background(), "authorization", value), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		assert.Equal(t, codes.Unauthenticated, status.Code(err), "%q", value)
	}
}

func TestPanicsAreNotSwallowed(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(judge(func(context.Context, token.Presentation) (*token.Token, error) { panic("bug") }), all(scope.Authenticated), nil)
	assert.PanicsWithValue(t, "bug", func() {
		_, _ = i.Unary(incoming(context.Background(), "authorization", "Bearer x"), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
	})
}

// A handler that copies what it got into a call of its own must not
// pass the caller's credentials on.
func TestCredentialsAreRemoved(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-15", func(t *testing.T) {
		for _, keep := range []bool{false, true} {
			for name, policy := range map[string]scope.Policy{"public": scope.Public, "authenticated": scope.Authenticated, "optional": scope.Optional} {
				var seen metadata.MD
				look := func(ctx context.Context) error {
					seen, _ = metadata.FromIncomingContext(ctx)
					return nil
				}
				w := newWorld(t, settings{
					policies: all(policy),
					config:   &grpcauth.Config{KeepCredentials: keep},
					service:  &service{unary: look, download: func(s downloads) error { return look(s.Context()) }},
				})
				for _, call := range []string{"unary", "download"} {
					ctx := with(w.good(t.Context()), "dpop", "proof", "txn-token", "txn", "grpcgateway-authorization", "Bearer x", "x-trace", "1")
					require.NoError(t, calls[call](ctx, w.client).err)
					for _, key := range []string{"authorization", "dpop", "txn-token", "grpcgateway-authorization"} {
						assert.Equal(t, keep, len(seen[key]) == 1, "%s %s %s", name, call, key)
					}
					assert.Equal(t, []string{"1"}, seen["x-trace"])
					assert.NotEmpty(t, seen[":authority"])
				}
			}
		}
	})
}

// The metadata of the call itself is left as it is, for those who look at it
// outside the handler.
func TestMetadataOfTheCallIsNotChanged(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(says(verified(t), nil), all(scope.Authenticated), nil)
	ctx := incoming(context.Background(), "authorization", "Bearer x")
	_, err := i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unary}, func(context.Context, any) (any, error) { return nil, nil })
	require.NoError(t, err)
	assert.Equal(t, []string{"Bearer x"}, metadata.ValueFromIncomingContext(ctx, "authorization"))
}

func TestHandlerGetsRequestAndAnswers(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(says(verified(t), nil), all(scope.Authenticated), nil)
	failure := errors.New("of the handler")
	resp, err := i.Unary(incoming(context.Background(), "authorization", "Bearer x"), "request", &grpc.UnaryServerInfo{FullMethod: unary},
		func(_ context.Context, req any) (any, error) { return req.(string) + " answered", failure })
	assert.Equal(t, "request answered", resp)
	assert.Equal(t, failure, err)
}
