package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// instant is an Authenticator that costs nothing, so that what remains is the
// middleware.
type instant struct{ token *token.Token }

func (i instant) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return i.token, nil
}

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func BenchmarkRequire(b *testing.B) {
	w := newWorld(b)
	verified := w.verified(b, tokentest.Scope("orders:read"))
	raw := w.Token(tokentest.Scope("orders:read"))
	guard := middleware.New(instant{verified}, nil).Require(scope.All("orders:read"))(nothing)
	mux := middleware.New(instant{verified}, nil).NewMux()
	mux.Handle("GET /orders", scope.All("orders:read"), nothing)
	serveMux := http.NewServeMux()
	serveMux.Handle("GET /orders", nothing)
	for _, row := range []struct {
		name    string
		handler http.Handler
		request *http.Request
	}{
		{"baseline/handler alone", nothing, request("Bearer " + raw)},
		{"baseline/ServeMux alone", serveMux, request("Bearer " + raw)},
		{"allowed", guard, request("Bearer " + raw)},
		{"allowed/Mux", mux, request("Bearer " + raw)},
		{"allowed/real verifier", w.auth.Require(scope.All("orders:read"))(nothing), request("Bearer " + raw)},
		{"allowed/behind RequireDecision", middleware.New(instant{verified}, nil).RequireDecision(guard), request("Bearer " + raw)},
		{"public", middleware.New(instant{}, nil).Require(scope.Public)(nothing), request("Bearer " + raw)},
		{"refused/no token", guard, request()},
		{"refused/no token/Mux", mux, request()},
		{"refused/no route/Mux", mux, at(request(), "/absent")},
		{"refused/malformed", guard, request("Bearer a b")},
		{"refused/scope", middleware.New(instant{verified}, nil).Require(scope.All("orders:write"))(nothing), request("Bearer " + raw)},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			w := &sink{header: http.Header{}}
			for b.Loop() {
				clear(w.header)
				row.handler.ServeHTTP(w, row.request)
			}
		})
	}
}

// The bound on what the middleware adds to a call: the copy of the request and
// of its fields without credentials, and the context that ends with the token.
func TestAllocations(t *testing.T) {
	verified := newWorld(t).verified(t)
	guard := middleware.New(instant{verified}, nil).Require(scope.Authenticated)(nothing)
	r, w := request("Bearer x"), httptest.NewRecorder()
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { guard.ServeHTTP(w, r) }), 8.0)
}
