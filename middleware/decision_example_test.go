package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A route that was forgotten answers no caller.
func ExampleMiddleware_RequireDecision() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, &middleware.Config{Trace: &scope.Trace{
		Refused: func(_ context.Context, d scope.Decision) { fmt.Println(d.Err) },
	}})

	mux := http.NewServeMux() // or any other router
	mux.Handle("GET /orders", auth.Require(scope.Authenticated)(http.HandlerFunc(listOrders)))
	mux.Handle("GET /debug/vars", http.NotFoundHandler())
	service := auth.RequireDecision(mux)

	show(service, "GET", "/orders", issuer.Token())
	show(service, "GET", "/debug/vars", "")
	// Output:
	// 200 the orders of alice
	// middleware: token: access token cannot be judged now: a handler began its answer before a guard had decided: GET "/debug/vars"
	// 500
}

// A framework whose handlers take a value of its own.
func ExampleMiddleware_Admit() {
	type call struct {
		w http.ResponseWriter
		r *http.Request
	}
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, nil)

	guarded := func(p scope.Policy, next func(*call)) func(*call) {
		return func(c *call) {
			r, done := auth.Admit(c.w, c.r, p)
			defer done()
			if r == nil {
				return
			}
			c.r = r
			next(c)
		}
	}
	orders := guarded(scope.All("orders:read"), func(c *call) {
		t, _ := token.FromContext(c.r.Context())
		fmt.Fprintf(c.w, "the orders of %s", t.Subject())
	})

	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { orders(&call{w, r}) })
	show(service, "GET", "/orders", issuer.Token(tokentest.Scope("orders:read")))
	show(service, "GET", "/orders", "")
	// Output:
	// 200 the orders of alice
	// 401 Bearer realm="api"
}

// What a browser sends for new WebSocket(url, ["orders.v1", "bearer." + token]).
func ExampleFromSubprotocol() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, nil)
	events := middleware.FromSubprotocol("bearer.")(auth.Require(scope.Authenticated)(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			t, _ := token.FromContext(r.Context())
			fmt.Fprintf(w, "%s speaks %s", t.Subject(), r.Header.Get("Sec-WebSocket-Protocol"))
		})))

	r := httptest.NewRequest("GET", "/events", nil)
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Protocol", "orders.v1, bearer."+issuer.Token())
	answer := serve(events, r)
	text, err := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, string(text), err)
	// Output: 200 alice speaks orders.v1 <nil>
}
