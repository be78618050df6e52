package grpcauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func TestAuditOfTheTable(t *testing.T) {
	t.Parallel()
	i := grpcauth.New(says(nil, nil), grpcauth.Policies{
		"/shop.v1.Orders/List":         scope.All("orders:read"),
		"/shop.v1.Orders/Lsit":         scope.All("orders:read"),
		"/grpc.health.v1.Health/Check": scope.Public,
	}, nil)
	assert.NoError(t, i.Audit(serving(t, i, "shop.v1.Orders", "List", "Lsit", "grpc.health.v1.Health", "Check")))

	err := i.Audit(serving(t, i, "shop.v1.Orders", "List", "Cancel", "grpc.health.v1.Health", "Check", "Watch"))
	assert.ErrorIs(t, err, token.ErrConfig)
	assert.Equal(t, []string{
		"grpcauth: /grpc.health.v1.Health/Watch has no policy",
		"grpcauth: /shop.v1.Orders/Cancel has no policy",
		"grpcauth: /shop.v1.Orders/Lsit has a policy but is not served",
	}, texts(joinedErrors(err)))
}

// A rule about users can be met only where the profile tells users apart, and
// one about roles only where it says which claim has them.
func TestAuditOfRulesThatAreNeverMet(t *testing.T) {
	t.Parallel()
	cfg := tokentest.NewIssuer(t, nil).Config()
	cfg.Profile.Users = nil
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	i := grpcauth.New(verifier, grpcauth.Policies{
		"/shop.v1.Orders/List": scope.Client,
		"/shop.v1.Orders/Add":  scope.All("orders:write").And(scope.User),
		"/shop.v1.Orders/Drop": scope.AllOf("roles", "admin"),
		"/shop.v1.Orders/Edit": scope.All("orders:write").Or(scope.AllOf("roles", "admin")),
	}, nil)
	err = i.Audit(serving(t, i, "shop.v1.Orders", "List", "Add", "Drop", "Edit"))
	assert.ErrorIs(t, err, token.ErrConfig)
	found := texts(joinedErrors(err))
	require.Len(t, found, 2)
	assert.Contains(t, found[0], "/shop.v1.Orders/Add can never be called")
	assert.Contains(t, found[1], "/shop.v1.Orders/Drop can never be called")
}

// Challenges must not lead clients to tokens that are for something else.
func TestAuditOfTheResource(t *testing.T) {
	t.Parallel()
	verifier, err := token.NewVerifier(tokentest.NewIssuer(t, nil).Config("https://api.example.com"))
	require.NoError(t, err)
	for identifier, want := range map[string]error{"https://api.example.com": nil, "https://api.example.com/": token.ErrConfig} {
		i := grpcauth.New(verifier, grpcauth.Policies{"/shop.v1.Orders/List": scope.Authenticated},
			&grpcauth.Config{Resource: scope.Resource{Identifier: identifier, PublishesMetadata: true}})
		assert.ErrorIs(t, i.Audit(serving(t, i, "shop.v1.Orders", "List")), want)
		assert.Equal(t, "https://api.example.com/.well-known/oauth-protected-resource", i.Posture().Metadata)
	}
}

// serving is a guarded server with services, whose names have dots, and the
// methods that follow each.
func serving(t *testing.T, i *grpcauth.Interceptor, names ...string) *grpc.Server {
	t.Helper()
	srv := grpc.NewServer(i.ServerOptions()...)
	var desc *grpc.ServiceDesc
	register := func() {
		if desc != nil {
			srv.RegisterService(desc, nil)
		}
	}
	for _, name := range names {
		if isService(name) {
			register()
			desc = &grpc.ServiceDesc{ServiceName: name}
			continue
		}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: name})
	}
	register()
	t.Cleanup(srv.Stop)
	return srv
}

func isService(name string) bool {
	for _, r := range name {
		if r == '.' {
			return true
		}
	}
	return false
}

func texts(errs []error) []string {
	var all []string
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return all
}

func TestAuditOfAServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings{policies: all(scope.Authenticated), unaudited: true})
	err := w.guard.Audit(w.server)
	assert.ErrorIs(t, err, token.ErrConfig)
	for _, method := range []string{"EmptyCall", "CacheableUnaryCall", "HalfDuplexCall", "UnimplementedCall"} {
		assert.ErrorContains(t, err, "/grpc.testing.TestService/"+method+" has no policy")
	}
	assert.NotContains(t, err.Error(), unary)
}

// everything is every method of the service under one policy.
func everything(p scope.Policy) grpcauth.Policies {
	policies := grpcauth.Policies{}
	for _, m := range grpc_testing.TestService_ServiceDesc.Methods {
		policies["/grpc.testing.TestService/"+m.MethodName] = p
	}
	for _, m := range grpc_testing.TestService_ServiceDesc.Streams {
		policies["/grpc.testing.TestService/"+m.StreamName] = p
	}
	return policies
}

// wiring is a way to install a guard, and what Audit says of it for unary and
// for streaming methods.
type wiring struct {
	options          func(own, other *grpcauth.Interceptor) []grpc.ServerOption
	unary, streaming string // parts of the findings, "" for none
}

const (
	isOpen   = " methods are not guarded"
	isHidden = " methods are guarded cannot be seen"
)

var wirings = map[string]wiring{
	"ServerOptions": {func(own, _ *grpcauth.Interceptor) []grpc.ServerOption { return own.ServerOptions() }, "", ""},
	"no guard":      {func(_, _ *grpcauth.Interceptor) []grpc.ServerOption { return nil }, isOpen, isOpen},
	"Unary alone": {func(own, _ *grpcauth.Interceptor) []grpc.ServerOption {
		return []grpc.ServerOption{grpc.UnaryInterceptor(own.Unary)}
	}, "", isOpen},
	"Stream alone": {func(own, _ *grpcauth.Interceptor) []grpc.ServerOption {
		return []grpc.ServerOption{grpc.StreamInterceptor(own.Stream)}
	}, isOpen, ""},
	"another guard": {func(_, other *grpcauth.Interceptor) []grpc.ServerOption { return other.ServerOptions() }, isHidden, isHidden},
	"behind an interceptor that passes calls on": {func(own, _ *grpcauth.Interceptor) []grpc.ServerOption {
		return append([]grpc.ServerOption{grpc.UnaryInterceptor(pass), grpc.StreamInterceptor(passStream)}, own.ServerOptions()...)
	}, "", ""},
	"behind an interceptor that refuses": {func(own, _ *grpcauth.Interceptor) []grpc.ServerOption {
		return append([]grpc.ServerOption{grpc.UnaryInterceptor(refuse)}, own.ServerOptions()...)
	}, isHidden + ": something in front of the guard answered 3 no; put the guard first", ""},
	"behind an interceptor that answers": {func(own, _ *grpcauth.Interceptor) []grpc.ServerOption {
		return append([]grpc.ServerOption{grpc.UnaryInterceptor(answerItself)}, own.ServerOptions()...)
	}, isHidden, ""},
	"in front of an interceptor that refuses": {func(own, _ *grpcauth.Interceptor) []grpc.ServerOption {
		return append(own.ServerOptions(), grpc.ChainUnaryInterceptor(refuse))
	}, "", ""},
}

func pass(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	return handler(ctx, req)
}

func passStream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(srv, ss)
}

func refuse(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
	return nil, status.Error(codes.InvalidArgument, "no")
}

func answerItself(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
	return &grpc_testing.Empty{}, nil
}

// A guard that is not there, or half there, is found at start, and no handler
// of the service runs for it. A second Audit says the same.
func TestAuditOfTheWiring(t *testing.T) {
	t.Parallel()
	for name, row := range wirings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, other := grpcauth.New(says(nil, nil), everything(scope.Public), nil), grpcauth.New(says(nil, token.ErrMissing), nil, nil)
			srv := grpc.NewServer(row.options(own, other)...)
			t.Cleanup(srv.Stop)
			grpc_testing.RegisterTestServiceServer(srv, mustNotServe(t))
			for range 2 {
				err := own.Audit(srv)
				if row.unary == "" && row.streaming == "" {
					assert.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, token.ErrConfig)
				assertFinding(t, err, "unary", row.unary)
				assertFinding(t, err, "streaming", row.streaming)
			}
		})
	}
}

func assertFinding(t *testing.T, err error, kind, want string) {
	t.Helper()
	if want == "" {
		assert.NotContains(t, err.Error(), kind)
	} else {
		assert.ErrorContains(t, err, kind+want)
	}
}

// Callers from outside cannot reach the service that Audit registers, and it
// does nothing where the guard is missing.
func TestProbesCannotBeForged(t *testing.T) {
	t.Parallel()
	guard := grpcauth.New(says(nil, token.ErrMissing), everything(scope.Public), nil)
	guarded, err := guard.NewServer(func(s *grpc.Server) { grpc_testing.RegisterTestServiceServer(s, &service{}) })
	require.NoError(t, err)
	open := grpc.NewServer()
	require.Error(t, guard.Audit(open))
	for _, row := range []struct {
		server *grpc.Server
		want   codes.Code
	}{{guarded, codes.Unauthenticated}, {open, codes.Unimplemented}} {
		conn := grpcauthtest.Serve(t, row.server)
		for _, method := range []string{"/postern.grpcauth.Audit/Unary", "/postern.grpcauth.Audit/Stream"} {
			var message emptyMessage
			err := conn.Invoke(with(t.Context(), "probeKey", "x"), method, message.proto(), message.proto())
			assert.Equal(t, row.want, status.Code(err), method)
		}
	}
}
