package seams_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
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

// Check hands nothing on, so that a second one meets a replay, unless a guard around
// them has accepted the proof. A request that a handler makes from its context is
// judged by its own URL.
func TestChecksOfOneProof(t *testing.T) {
	t.Parallel()
	s := newShop(t, dpop.Config{})
	m := middleware.New(s.auth, &middleware.Config{Resource: resource})
	request := func() *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+method, nil)
		r.Header = http.Header{"Authorization": {"DPoP " + s.bound}, "Dpop": {s.proof()}}
		return r
	}
	r := request()
	_, err := m.Check(r, scope.Authenticated)
	require.NoError(t, err)
	_, err = m.Check(r, scope.Authenticated)
	require.ErrorIs(t, err, token.ErrReplay)
	calls := 0
	m.Require(scope.Authenticated)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls++
		for range 2 {
			_, err := m.Check(r, scope.Authenticated)
			require.NoError(t, err)
		}
		another := httptest.NewRequestWithContext(r.Context(), http.MethodPost, origin+"/admin", nil)
		_, err := m.Check(another, scope.Authenticated)
		require.ErrorIs(t, err, token.ErrProof)
		another = httptest.NewRequestWithContext(r.Context(), http.MethodDelete, origin+method, nil)
		_, err = m.Check(another, scope.Authenticated)
		require.ErrorIs(t, err, token.ErrProof)
	})).ServeHTTP(httptest.NewRecorder(), request())
	assert.Equal(t, 1, calls)
}

// No form of a request line makes a proof pass for another target than its own.
func TestTargetsOfRawRequests(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		line, host string
		bases      []string
		htu        string
		want       bool
	}{
		"absolute form":                         {"GET https://api.example.com/v1/a?x HTTP/1.1", "api.example.com", nil, "http://api.example.com/v1/a", true},
		"absolute form, another host":           {"GET https://evil.example/v1/a HTTP/1.1", "api.example.com", nil, "http://api.example.com/v1/a", false},
		"absolute form and a base":              {"GET http://evil.example/v1/a HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a", true},
		"absolute form and two bases":           {"GET http://evil.example/v1/a HTTP/1.1", "api.example.com", []string{origin, "https://b.example"}, origin + "/v1/a", false},
		"two slashes":                           {"GET //evil.example/v1/a HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a", false},
		"two slashes, as they are":              {"GET //v1/a HTTP/1.1", "api.example.com", []string{origin}, origin + "//v1/a", true},
		"CONNECT to a path":                     {"CONNECT /v1/a HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a", true},
		"CONNECT to a path, what is left of it": {"CONNECT /v1/a HTTP/1.1", "api.example.com", []string{origin}, origin + "/a", false},
		"CONNECT to a host":                     {"CONNECT api.example.com:443 HTTP/1.1", "api.example.com", []string{origin}, origin + "/", true},
		"asterisk":                              {"OPTIONS * HTTP/1.1", "api.example.com", []string{origin}, origin + "/*", false},
		"asterisk behind a prefix":              {"OPTIONS * HTTP/1.1", "api.example.com", []string{origin + "/v1"}, origin + "/v1%2A", false},
		"escapes":                               {"GET /v1/%61%2fb HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a%2Fb", true},
		"an escaped slash":                      {"GET /v1/%61%2fb HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a/b", false},
		"an escaped percent sign":               {"GET /v1/%2561 HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a", false},
		"a backslash":                           {"GET /v1\\a HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a", false},
		"a semicolon":                           {"GET /v1/a;x HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a", false},
		"case of the path":                      {"GET /V1/a HTTP/1.1", "api.example.com", []string{origin}, origin + "/v1/a", false},
		"a user in the host":                    {"GET /v1/a HTTP/1.1", "api.example.com@evil.example", nil, "http://evil.example/v1/a", false},
		"a user in the htu":                     {"GET /v1/a HTTP/1.1", "api.example.com", []string{origin}, "https://api.example.com@evil.example/v1/a", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{})
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(row.line + "\r\nHost: " + row.host + "\r\n\r\n")))
			require.NoError(t, err)
			proof := s.proof(func(c *dpop.Claims) { c.Method, c.URL = r.Method, row.htu })
			r.Header = http.Header{"Authorization": {"DPoP " + s.bound}, "Dpop": {proof}}
			guard := middleware.New(s.auth, &middleware.Config{Resource: scope.Resource{BaseURLs: row.bases}}).Require(scope.Authenticated)
			admitted := false
			guarded := guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { admitted = true }))
			if strings.HasPrefix(r.URL.Path, "/v1") {
				guarded = http.StripPrefix("/v1", guarded)
			}
			guarded.ServeHTTP(httptest.NewRecorder(), r)
			assert.Equal(t, row.want, admitted)
		})
	}
}
