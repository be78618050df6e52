package bounds_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

// writer is a ResponseWriter that costs nothing.
type writer struct {
	header http.Header
	status int
}

func (w *writer) Header() http.Header         { return w.header }
func (w *writer) Write(b []byte) (int, error) { return len(b), nil }
func (w *writer) WriteHeader(status int)      { w.status = status }

func overHTTP(t *testing.T) []subject {
	t.Helper()
	auth := middleware.New(verdict{verified(t)}, nil)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux := auth.NewMux()
	mux.Handle("GET /orders", scope.All(needed), handler)
	guarded := func(p scope.Policy) http.Handler { return auth.Require(p)(handler) }
	w := newWorld(t, "ES256")
	return []subject{
		{"http/verified", serving(middleware.New(w.warm, nil).Require(scope.All(needed))(handler), http.StatusOK, "Bearer "+w.good(900))},
		{"http/allowed", serving(guarded(scope.All(needed)), http.StatusOK, "Bearer x")},
		{"http/allowed/mux", serving(mux, http.StatusOK, "Bearer x")},
		{"http/public", serving(guarded(scope.Public), http.StatusOK)},
		{"http/public/hidden", serving(guarded(scope.Public), http.StatusOK, "Bearer x")},
		{"http/missing", serving(guarded(scope.All(needed)), http.StatusUnauthorized)},
		{"http/missing/mux", serving(mux, http.StatusUnauthorized)},
		{"http/malformed", serving(guarded(scope.All(needed)), http.StatusBadRequest, "Bearer a b")},
		{"http/scope", serving(guarded(scope.All("orders:write")), http.StatusForbidden, "Bearer x")},
	}
}

func serving(h http.Handler, want int, authorization ...string) func() bool {
	r := httptest.NewRequest(http.MethodGet, "/orders", nil)
	if authorization != nil {
		r.Header["Authorization"] = authorization
	}
	w := &writer{header: http.Header{}}
	return func() bool {
		clear(w.header)
		h.ServeHTTP(w, r)
		return w.status == want
	}
}

func overGRPC(t *testing.T) []subject {
	t.Helper()
	const allowed, denied, public = "/shop.v1.Orders/List", "/shop.v1.Orders/Add", "/shop.v1.Orders/Ping"
	policies := grpcauth.Policies{allowed: scope.All(needed), denied: scope.All("orders:write"), public: scope.Public}
	w := newWorld(t, "ES256")
	guard, verifying := grpcauth.New(verdict{verified(t)}, policies, nil), grpcauth.New(w.warm, policies, nil)
	calling := func(guard *grpcauth.Interceptor, method string, want codes.Code, pairs ...string) func() bool {
		ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs(append(pairs,
			":authority", "orders.example.com", "content-type", "application/grpc", "user-agent", "test")...))
		info := &grpc.UnaryServerInfo{FullMethod: method}
		handler := func(context.Context, any) (any, error) { return nil, nil }
		return func() bool {
			_, err := guard.Unary(ctx, nil, info, handler)
			return status.Code(err) == want
		}
	}
	call := func(method string, want codes.Code, pairs ...string) func() bool {
		return calling(guard, method, want, pairs...)
	}
	return []subject{
		{"grpc/verified", calling(verifying, allowed, codes.OK, "authorization", "Bearer "+w.good(900))},
		{"grpc/allowed", call(allowed, codes.OK, "authorization", "Bearer x")},
		{"grpc/public", call(public, codes.OK, "authorization", "Bearer x")},
		{"grpc/missing", call(allowed, codes.Unauthenticated)},
		{"grpc/scope", call(denied, codes.PermissionDenied, "authorization", "Bearer x")},
	}
}

func keySources(t *testing.T) []subject {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.Identifier(), HTTPClient: issuer.Client()})
	if err != nil || remote.Ready(context.Background()) != nil {
		t.Fatal(err)
	}
	kid := issuer.SigningKey().ID
	static := jwks.Static{{ID: "other"}, {ID: kid, Public: issuer.SigningKey().Private.Public()}}
	_, _ = remote.Keys(context.Background(), "spends the budget")
	unknown := 0
	return []subject{
		{"keys/static", finds(static, kid)},
		{"keys/remote", finds(remote, kid)},
		{"keys/remote/unknown", func() bool {
			unknown++
			_, err := remote.Keys(context.Background(), kids[unknown%len(kids)])
			return errors.Is(err, jwks.ErrNotFound)
		}},
	}
}

func finds(source jwks.Source, kid string) func() bool {
	return func() bool {
		keys, err := source.Keys(context.Background(), kid)
		return err == nil && len(keys) == 1
	}
}

// kids are ids that nobody publishes, made before the measurement.
var kids = func() (ids []string) {
	for i := range 512 {
		ids = append(ids, fmt.Sprint("random-", i))
	}
	return ids
}()
