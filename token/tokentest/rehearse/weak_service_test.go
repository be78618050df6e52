package rehearse_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// flaw is one thing that a service does wrong about the keys of its issuer. It
// is sound but for what is set.
type flaw struct {
	config  func(*tokentest.Issuer, *jwks.RemoteConfig)
	source  func(*tokentest.Issuer, *jwks.Remote) jwks.Source
	auth    func(*tokentest.Issuer, token.Authenticator) token.Authenticator
	handler func(http.Handler) http.Handler
	target  func(tokentest.Target) tokentest.Target
}

// service makes a service that has the flaw.
func (f flaw) service(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
	cfg := jwks.RemoteConfig{Issuer: issuer.Identifier(), HTTPClient: issuer.Client()}
	if f.config != nil {
		f.config(issuer, &cfg)
	}
	remote, err := jwks.NewRemote(cfg)
	require.NoError(t, err)
	accepts := issuer.Config()
	accepts.Keys, accepts.HTTPClient = remote, nil
	if f.source != nil {
		accepts.Keys = f.source(issuer, remote)
	}
	var auth token.Authenticator = newVerifier(t, accepts)
	if f.auth != nil {
		auth = f.auth(issuer, auth)
	}
	handler := middleware.New(auth, nil).Require(scope.All("orders:read"))(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if f.handler != nil {
		handler = f.handler(handler)
	}
	target := tokentest.HTTPTarget(handler, orders)
	if f.target != nil {
		target = f.target(target)
	}
	return target
}

// source is a jwks.Source that is a function.
type source func(ctx context.Context, kid string) ([]jwks.Key, error)

func (s source) Keys(ctx context.Context, kid string) ([]jwks.Key, error) { return s(ctx, kid) }

// guard is a token.Authenticator that is a function.
type guard func(ctx context.Context, p token.Presentation) (*token.Token, error)

func (g guard) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	return g(ctx, p)
}

// carrier is an http.RoundTripper that is a function.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// memo remembers one answer for each name.
type memo[T any] struct {
	mu    sync.Mutex
	known map[string]T
}

func (m *memo[T]) get(name string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.known[name]
	return value, ok
}

func (m *memo[T]) set(name string, value T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]T{}
	}
	m.known[name] = value
}
