package grpcauthtest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

const method = "/grpc.testing.TestService/UnaryCall"

type service struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (service) UnaryCall(context.Context, *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	return &grpc_testing.SimpleResponse{}, nil
}

func target(t *testing.T, opts ...grpc.ServerOption) tokentest.Target {
	t.Helper()
	srv := grpc.NewServer(opts...)
	grpc_testing.RegisterTestServiceServer(srv, service{})
	client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(t, srv))
	return grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
		_, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{}, opts...)
		return err
	})
}

func guarded(t *testing.T, cfg token.Config, policy scope.Policy) tokentest.Target {
	t.Helper()
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return target(t, grpcauth.New(verifier, grpcauth.Policies{method: policy}, nil).ServerOptions()...)
}

// A sound service passes.
func TestTarget(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	refusals.Test(t, issuer, guarded(t, issuer.Config(), scope.All("orders:read")), &refusals.Config{
		Scopes: []string{"orders:read"},
	})
}

// So does one that takes DPoP, and its nonces reach the test.
func TestTargetWithDPoP(t *testing.T) {
	t.Parallel()
	for name, required := range map[string]bool{"accepted": false, "required": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, nil)
			store, err := dpop.NewMemoryStore(nil)
			require.NoError(t, err)
			nonces := dpop.NewLocalNonces()
			replica := func() tokentest.Target {
				checker, err := dpop.New(dpop.Config{Required: required, Nonces: nonces, Store: store})
				require.NoError(t, err)
				cfg := issuer.Config()
				cfg.Confirmations = []token.ConfirmationChecker{checker}
				verifier, err := token.NewVerifier(cfg)
				require.NoError(t, err)
				base := scope.Resource{BaseURLs: []string{"https://orders.example.com"}}
				return target(t, grpcauth.New(verifier, grpcauth.Policies{method: scope.All("orders:read")}, &grpcauth.Config{Resource: base}).ServerOptions()...)
			}
			var offered atomic.Int32
			first := replica()
			counted := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
				answer := first(ctx, c)
				if answer.Nonce != "" {
					offered.Add(1)
				}
				return answer
			}
			refusals.Test(t, issuer, counted, &refusals.Config{Scopes: []string{"orders:read"}, DPoP: &refusals.DPoP{
				Method: http.MethodPost, URL: "https://orders.example.com" + method, Required: required, Replica: replica(),
			}})
			assert.NotZero(t, offered.Load())
		})
	}
}

// So does one that takes certificates of its connections.
func TestTargetOver(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	checker, err := mtls.New(mtls.Config{})
	require.NoError(t, err)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	own := tokentest.NewCertificate(t, &tokentest.CertificateOptions{DNSNames: []string{"orders.example.com"}})
	opts := grpcauth.New(verifier, grpcauth.Policies{method: scope.Authenticated}, nil).ServerOptions()
	asks := &tls.Config{Certificates: []tls.Certificate{own.TLS()}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}
	srv := grpc.NewServer(append(opts, grpc.Creds(credentials.NewTLS(asks)))...)
	grpc_testing.RegisterTestServiceServer(srv, service{})
	dials := 0
	dial := func(cert *tokentest.Certificate) *grpc.ClientConn {
		dials++
		client := &tls.Config{RootCAs: own.Pool(), ServerName: "orders.example.com", MinVersion: tls.VersionTLS13}
		if cert != nil {
			client.Certificates = []tls.Certificate{cert.TLS()}
		}
		return grpcauthtest.Serve(t, srv, grpc.WithTransportCredentials(credentials.NewTLS(client)))
	}
	call := func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) error {
		_, err := grpc_testing.NewTestServiceClient(conn).UnaryCall(ctx, &grpc_testing.SimpleRequest{}, opts...)
		return err
	}
	target := grpcauthtest.TargetOver(dial, call)
	refusals.Test(t, issuer, target, &refusals.Config{Certificate: tokentest.NewCertificate(t, nil)})
	assert.Equal(t, 3, dials, "none, the client's and the thief's")

	plain := grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error { return call(ctx, dial(nil), opts...) })
	assert.True(t, plain(t.Context(), tokentest.Credentials{Certificate: own}).Unsent)
}

// The next nonce comes with success too, in the metadata at the head of the answer.
func TestNonceWithSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		checker, err := dpop.New(dpop.Config{Nonces: dpop.NewLocalNonces()})
		require.NoError(t, err)
		cfg := issuer.Config()
		cfg.Confirmations = []token.ConfirmationChecker{checker}
		base := scope.Resource{BaseURLs: []string{"https://orders.example.com"}}
		verifier, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		srv := grpc.NewServer(grpcauth.New(verifier, grpcauth.Policies{method: scope.Authenticated}, &grpcauth.Config{Resource: base}).ServerOptions()...)
		grpc_testing.RegisterTestServiceServer(srv, service{})
		conn := grpcauthtest.Serve(t, srv)
		call := grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
			_, err := grpc_testing.NewTestServiceClient(conn).UnaryCall(ctx, &grpc_testing.SimpleRequest{}, opts...)
			return err
		})
		key := issuer.ForeignKey("ES256", "")
		raw := issuer.Token(tokentest.BoundTo(key))
		with := func(nonce string) tokentest.Answer {
			proof := issuer.Proof(key, http.MethodPost, "https://orders.example.com"+method, raw, tokentest.Nonce(nonce))
			return call(t.Context(), tokentest.Credentials{Authorization: []string{"DPoP " + raw}, Fields: http.Header{"DPoP": {proof}}})
		}
		refused := with("x")
		require.NotEmpty(t, refused.Nonce)
		time.Sleep(90 * time.Second)
		admitted := with(refused.Nonce)
		assert.True(t, admitted.Admitted)
		assert.NotEmpty(t, admitted.Nonce)
		srv.Stop()
		require.NoError(t, conn.Close())
	})
}

// So does one of many tenants.
func TestTargetOfTenants(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://sso.test/realms/acme"})
	cfg := issuer.Config()
	cfg.Issuer = ""
	resolver, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{{
		Issuer: "https://sso.test/realms/{realm}", AnyValue: true, Config: cfg,
	}}})
	require.NoError(t, err)
	service := target(t, grpcauth.New(resolver, grpcauth.Policies{method: scope.All("orders:read")}, nil).ServerOptions()...)
	refusals.Test(t, issuer, service, &refusals.Config{Scopes: []string{"orders:read"}})
}

// So does one that only users may call, and that tells them by marks.
func TestTargetForUsers(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	user, app := token.Mark{Claim: "idtyp", Values: []string{"user"}}, token.Mark{Claim: "azpacr", Values: []string{"1"}}
	cfg := issuer.Config()
	cfg.Profile = token.Profile{Users: []token.Mark{user}, Clients: []token.Mark{app}}
	refusals.Test(t, issuer, guarded(t, cfg, scope.User), &refusals.Config{
		User: true, Profile: cfg.Profile, Good: []tokentest.Edit{tokentest.Marked(user)},
	})
	results := refusals.Run(t.Context(), issuer, guarded(t, cfg, scope.Authenticated), &refusals.Config{
		User: true, Profile: cfg.Profile, Good: []tokentest.Edit{tokentest.Marked(user)},
	})
	admitted := 0
	for _, r := range results {
		if r.Attack.Group == "subject" {
			assert.ErrorIs(t, r.Err, refusals.ErrAdmitted, r.Attack.Name)
			admitted++
		}
	}
	assert.Equal(t, 5, admitted)
}

// One that is not, does not.
func TestTargetFindsWeakServices(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	for name, row := range map[string]struct {
		target tokentest.Target
		attack string
		err    error
	}{
		"no guard":             {target(t), "no credentials", refusals.ErrAdmitted},
		"no scopes":            {guarded(t, issuer.Config(), scope.Authenticated), "another scope", refusals.ErrAdmitted},
		"an answer of its own": {target(t, grpc.UnaryInterceptor(never)), "no credentials", refusals.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := refusals.Run(t.Context(), issuer, row.target, &refusals.Config{Scopes: []string{"orders:read"}})
			assert.ErrorIs(t, resultOf(results, row.attack), row.err)
		})
	}
}

func never(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
	return nil, status.Error(codes.InvalidArgument, "no")
}

func resultOf(results []refusals.Result, attack string) error {
	for _, r := range results {
		if r.Attack.Name == attack {
			return r.Err
		}
	}
	return errors.New("there is no such attack")
}

func TestTargetSends(t *testing.T) {
	t.Parallel()
	var got metadata.MD
	capture := grpcauthtest.Target(func(ctx context.Context, _ ...grpc.CallOption) error {
		got, _ = metadata.FromOutgoingContext(ctx)
		return io.EOF
	})
	answer := capture(t.Context(), tokentest.Credentials{
		Authorization: []string{"Bearer a", "Bearer b"},
		Fields:        http.Header{"X-Access-Token": {"c"}},
	})
	assert.Equal(t, metadata.MD{"authorization": {"Bearer a", "Bearer b"}, "x-access-token": {"c"}}, got)
	assert.True(t, answer.Admitted, "the end of a stream is success")

	for _, c := range []tokentest.Credentials{
		{Query: url.Values{"access_token": {"x"}}},
		{Authorization: []string{"Bearer a\x00"}},
		{Authorization: []string{"Bearer \u00f6"}},
		{Fields: http.Header{"X": {"a\nb"}}},
	} {
		got = nil
		assert.True(t, capture(t.Context(), c).Unsent)
		assert.Nil(t, got)
	}
}

func TestTargetAnswers(t *testing.T) {
	t.Parallel()
	answer := target(t, grpc.UnaryInterceptor(func(ctx context.Context, _ any, _ *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
		_ = grpc.SetTrailer(ctx, metadata.Pairs("www-authenticate", "Bearer realm=\"x\""))
		return nil, status.Error(codes.Unauthenticated, "no")
	}))(t.Context(), tokentest.Credentials{})
	assert.Equal(t, tokentest.Answer{Code: 16, Challenge: []string{`Bearer realm="x"`}}, answer)
}

// What the server has no room for stays with the client.
func TestTargetAndLimits(t *testing.T) {
	t.Parallel()
	call := target(t, grpc.MaxHeaderListSize(4<<10))
	large := tokentest.Credentials{Authorization: []string{"Bearer " + strings.Repeat("x", 8<<10)}}
	assert.Equal(t, tokentest.Answer{Unsent: true}, call(t.Context(), large))
	assert.True(t, call(t.Context(), tokentest.Credentials{}).Admitted)
	failing := grpcauthtest.Target(func(context.Context, ...grpc.CallOption) error { return status.Error(codes.Internal, "no") })
	assert.Equal(t, tokentest.Answer{Code: 13}, failing(t.Context(), tokentest.Credentials{}))
}

func ExampleTarget() {
	// In a test of the service:
	_ = func(t *testing.T, issuer *tokentest.Issuer, srv *grpc.Server) {
		client := grpc_testing.NewTestServiceClient(grpcauthtest.Serve(t, srv))
		refusals.Test(t, issuer, grpcauthtest.Target(
			func(ctx context.Context, opts ...grpc.CallOption) error {
				_, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{}, opts...)
				return err
			}), &refusals.Config{Scopes: []string{"orders:read"}})
	}
}

// Each certificate has a connection, to the server that the network would lead to.
func ExampleTargetOver() {
	// In a test of the service:
	_ = func(t *testing.T, issuer *tokentest.Issuer, srv *grpc.Server, roots *x509.CertPool) {
		target := grpcauthtest.TargetOver(func(cert *tokentest.Certificate) *grpc.ClientConn {
			client := &tls.Config{RootCAs: roots, ServerName: "orders.example.com"}
			if cert != nil {
				client.Certificates = []tls.Certificate{cert.TLS()}
			}
			return grpcauthtest.Serve(t, srv, grpc.WithTransportCredentials(credentials.NewTLS(client)))
		}, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) error {
			_, err := grpc_testing.NewTestServiceClient(conn).UnaryCall(ctx, &grpc_testing.SimpleRequest{}, opts...)
			return err
		})
		refusals.Test(t, issuer, target, &refusals.Config{Certificate: tokentest.NewCertificate(t, nil)})
	}
}
