package seams_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// verifier takes the tokens of the shop with settings of its own.
func (s *shop) verifier(cfg dpop.Config) *token.Verifier {
	s.t.Helper()
	checker, err := dpop.New(cfg)
	require.NoError(s.t, err)
	settings := s.Config()
	settings.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(settings)
	require.NoError(s.t, err)
	return verifier
}

// nested calls a guard within a guard, and reports whether the call came through.
var nested = map[scope.Transport]func(t *testing.T, s setup, outer, inner token.Authenticator, authorization string) (admitted bool, header http.Header){
	scope.HTTP: func(t *testing.T, s setup, outer, inner token.Authenticator, authorization string) (admitted bool, _ http.Header) {
		guard := func(auth token.Authenticator) func(http.Handler) http.Handler {
			return middleware.New(auth, &middleware.Config{Resource: resource}).Require(scope.Authenticated)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+method, nil)
		r.Header = http.Header{"Authorization": {authorization}, "Dpop": s.dpop}
		w := httptest.NewRecorder()
		guard(outer)(guard(inner)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { admitted = true }))).ServeHTTP(w, r)
		return admitted, w.Header()
	},
	scope.GRPC: func(t *testing.T, s setup, outer, inner token.Authenticator, authorization string) (bool, http.Header) {
		guard := func(auth token.Authenticator) *grpcauth.Interceptor {
			return grpcauth.New(auth, grpcauth.Policies{method: scope.Authenticated}, nil)
		}
		sent, info := &sent{header: metadata.MD{}, trailer: metadata.MD{}}, &grpc.UnaryServerInfo{FullMethod: method}
		ctx := grpc.NewContextWithServerTransportStream(incoming(t, s, []string{authorization}), sent)
		_, err := guard(outer).Unary(ctx, nil, info, func(ctx context.Context, _ any) (any, error) {
			return guard(inner).Unary(ctx, nil, info, func(context.Context, any) (any, error) { return nil, nil })
		})
		header := http.Header{}
		from := sent.header
		if err != nil {
			from = sent.trailer
		}
		for key, values := range from {
			header[http.CanonicalHeaderKey(key)] = values
		}
		return err == nil, header
	},
}

// That a guard further out has taken a proof as new says nothing of the store of
// another: a replica that has a store of its own there must not open the one that all
// replicas share.
func TestNestedGuardsWithTwoStores(t *testing.T) {
	t.Parallel()
	for kind, call := range nested {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{})
			shared, err := dpop.NewMemoryStore(nil)
			require.NoError(t, err)
			with, authorization := s.with(s.proof()), "DPoP "+s.bound
			first, _ := call(t, with, s.verifier(dpop.Config{}), s.verifier(dpop.Config{Store: shared}), authorization)
			assert.True(t, first)
			again, _ := call(t, with, s.verifier(dpop.Config{}), s.verifier(dpop.Config{Store: shared}), authorization)
			assert.False(t, again, "on another replica")
			with = s.with(s.proof())
			both, _ := call(t, with, s.verifier(dpop.Config{Store: shared}), s.verifier(dpop.Config{Store: shared}), authorization)
			assert.True(t, both, "two Checkers with one store")
		})
	}
}

// However many guards offer a nonce, the caller gets one.
func TestNestedGuardsOfferOneNonce(t *testing.T) {
	t.Parallel()
	for kind, call := range nested {
		t.Run("C_9449-9-1 "+string(kind), func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			s := newShop(t, dpop.Config{Nonces: dpop.NewLocalNonces(), Time: func() time.Time { return now }})
			_, header := call(t, s.with(s.proof()), s.auth, s.auth, "DPoP "+s.bound)
			require.Len(t, header["Dpop-Nonce"], 1)
			now = now.Add(61 * time.Second)
			fresh := func(c *dpop.Claims) { c.Nonce, c.IssuedAt = header["Dpop-Nonce"][0], now }
			admitted, answer := call(t, s.with(s.proof(fresh)), s.auth, s.auth, "DPoP "+s.bound)
			assert.True(t, admitted)
			assert.Len(t, answer["Dpop-Nonce"], 1)
			another := s.verifier(dpop.Config{Nonces: dpop.NewLocalNonces(), Time: func() time.Time { return now }})
			admitted, answer = call(t, s.with(s.proof(fresh)), s.auth, another, "DPoP "+s.bound)
			assert.False(t, admitted)
			assert.Len(t, answer["Dpop-Nonce"], 1, "that of the guard that refuses")
		})
	}
}
