package grpcauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func TestNewPanics(t *testing.T) {
	t.Parallel()
	ok := says(nil, token.ErrMissing)
	for name, f := range map[string]func(){
		"no authenticator":      func() { grpcauth.New(nil, nil, nil) },
		"a nil verifier":        func() { grpcauth.New((*token.Verifier)(nil), nil, nil) },
		"a nil func":            func() { grpcauth.New(judge(nil), nil, nil) },
		"a scheme that is none": func() { grpcauth.New(odd{ok}, nil, nil) },
		"realm":                 func() { grpcauth.New(ok, nil, &grpcauth.Config{Resource: scope.Resource{Realm: "a\nb"}}) },
		"C_6750-3-7 error URI":  func() { grpcauth.New(ok, nil, &grpcauth.Config{Resource: scope.Resource{Documentation: "/relative"}}) },
		"resource metadata":     func() { grpcauth.New(ok, nil, &grpcauth.Config{Resource: scope.Resource{Metadata: "x"}}) },
		"identifier": func() {
			grpcauth.New(ok, nil, &grpcauth.Config{Resource: scope.Resource{Identifier: "https://\u00fc"}})
		},
		"the zero policy": func() { grpcauth.New(ok, grpcauth.Policies{unary: {}}, nil) },
		"a bad name":      func() { grpcauth.New(ok, grpcauth.Policies{"UnaryCall": scope.Public}, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, recovered(f), token.ErrConfig)
		})
	}
}

// odd is an Authenticator of a scheme that cannot stand in a challenge.
type odd struct{ judge }

func (odd) Schemes() []token.Scheme { return []token.Scheme{{Name: "a b"}} }

func recovered(f func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	f()
	return nil
}

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	var none *grpcauth.Config
	assert.NoError(t, none.Validate())
	assert.NoError(t, (&grpcauth.Config{}).Validate())
	assert.NoError(t, (&grpcauth.Config{Resource: scope.Resource{Realm: "orders", Identifier: "https://orders.example.com", Documentation: "https://x.example/e", Metadata: metadataURL}}).Validate())
	assert.ErrorIs(t, (&grpcauth.Config{Resource: scope.Resource{Identifier: "https://a\x00"}}).Validate(), token.ErrConfig)
	assert.NoError(t, (&grpcauth.Config{Hide: []string{"X-Api-Key", "a_b.c9"}}).Validate())
	assert.ErrorIs(t, (&grpcauth.Config{Hide: []string{"x"}, KeepCredentials: true}).Validate(), token.ErrConfig)
	for _, key := range []string{"", "a b", "\u00fc", ":path", "a\n"} {
		assert.ErrorIs(t, (&grpcauth.Config{Hide: []string{key}}).Validate(), token.ErrConfig, "%q", key)
	}
}

func TestPoliciesValidate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "/", "//", "UnaryCall", "grpc.testing.TestService/UnaryCall", "/grpc.testing.TestService", "/grpc.testing.TestService/",
		"//UnaryCall", "/grpc/testing/UnaryCall", unary + "/",
	} {
		assert.ErrorIs(t, grpcauth.Policies{name: scope.Public}.Validate(), token.ErrConfig, "%q", name)
	}
	assert.NoError(t, grpcauth.Policies{unary: scope.Public, "/a/b": scope.Optional}.Validate())
	assert.NoError(t, grpcauth.Policies(nil).Validate())
	assert.Len(t, joinedErrors(grpcauth.Policies{"a": {}, "b": scope.Public, unary: {}}.Validate()), 4, "everything that is wrong is named")
}

func joinedErrors(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return nil
}

// New copies what it is given.
func TestSettingsAreCopied(t *testing.T) {
	t.Parallel()
	policies := all(scope.Authenticated)
	cfg := &grpcauth.Config{Resource: scope.Resource{Realm: "orders"}, Trace: &scope.Trace{}}
	i := grpcauth.New(says(nil, token.ErrMissing), policies, cfg)
	policies[unary] = scope.Public
	cfg.Resource.Realm = "changed"
	cfg.Trace.Refused = func(context.Context, scope.Decision) { t.Error("called") }
	_, err := i.Unary(context.Background(), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
	assert.Equal(t, missing.code, status.Code(err))
}

// The domain of the details is the host of the identifier, or else the realm.
func TestDomain(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]*grpcauth.Config{
		"api":                nil,
		"orders":             {Resource: scope.Resource{Realm: "orders"}},
		"orders.example.com": {Resource: scope.Resource{Realm: "orders", Identifier: "https://orders.example.com:8443/v1"}},
		"urns":               {Resource: scope.Resource{Realm: "urns", Identifier: "urn:example:orders"}},
	} {
		i := grpcauth.New(says(nil, token.ErrMissing), all(scope.Authenticated), cfg)
		_, err := i.Unary(context.Background(), nil, &grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		assert.Equal(t, want, info(t, err).GetDomain())
	}
}
