package middleware_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// exampleTB stands in for the *testing.T that an example does not have.
type exampleTB struct{ testing.TB }

func (exampleTB) Helper()                        {}
func (exampleTB) Cleanup(func())                 {}
func (exampleTB) Fatal(args ...any)              { panic(fmt.Sprint(args...)) }
func (exampleTB) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (exampleTB) Context() context.Context       { return context.Background() }

// newVerifier is what a service has in place of
//
//	token.NewVerifier(token.Config{
//		Issuer:   "https://login.example.com",
//		Audience: []string{"https://api.example.com"},
//	})
func newVerifier(audience ...string) (*tokentest.Issuer, *token.Verifier) {
	issuer := tokentest.NewIssuer(exampleTB{}, nil)
	verifier, err := token.NewVerifier(issuer.Config(audience...))
	if err != nil {
		panic(err)
	}
	return issuer, verifier
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// show makes a call and prints the answer.
func show(h http.Handler, method, path, raw string) {
	r := httptest.NewRequest(method, path, nil)
	if raw != "" {
		r.Header.Set("Authorization", "Bearer "+raw)
	}
	resp := serve(h, r)
	text, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, resp.Header.Get("WWW-Authenticate")+string(text))
}

func listOrders(w http.ResponseWriter, r *http.Request) {
	t, _ := token.FromContext(r.Context())
	fmt.Fprintf(w, "the orders of %s", t.Subject())
}

func ExampleNew() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, &middleware.Config{
		Resource: scope.Resource{Metadata: "https://api.example.com/.well-known/oauth-protected-resource"},
		Trace: &scope.Trace{
			Refused: func(_ context.Context, call scope.Decision) {
				fmt.Println("refused:", call.Policy, token.Reason(call.Err))
			},
		},
	})
	orders := auth.Require(scope.Authenticated)(http.HandlerFunc(listOrders))

	show(orders, "GET", "/orders", issuer.Token())
	show(orders, "GET", "/orders", issuer.Token(tokentest.ExpiresIn(-time.Hour)))
	// Output:
	// 200 the orders of alice
	// refused: authenticated expired
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token has expired", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"
}

func ExampleMiddleware_Require() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, nil)

	mux := http.NewServeMux()
	mux.Handle("GET /orders", auth.Require(scope.All("orders:read"))(http.HandlerFunc(listOrders)))

	show(mux, "GET", "/orders", issuer.Token(tokentest.Scope("orders:read")))
	show(mux, "GET", "/orders", issuer.Token())
	show(mux, "GET", "/orders", "")
	// Output:
	// 200 the orders of alice
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders:read"
	// 401 Bearer realm="api"
}

// Each user has a path, and gets in there alone.
func ExampleRequestFrom() {
	issuer, verifier := newVerifier()
	own := scope.Tenant((*token.Token).Subject, func(ctx context.Context) string {
		r, ok := middleware.RequestFrom(ctx)
		if !ok {
			return ""
		}
		return r.PathValue("user")
	})
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /{user}/orders", own, listOrders)

	show(mux, "GET", "/alice/orders", issuer.Token())
	show(mux, "GET", "/bob/orders", issuer.Token())
	// Output:
	// 200 the orders of alice
	// 403
}

// A handler whose policy depends on what is asked for decides by itself.
func ExampleMiddleware_Check() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, nil)

	report := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		policy := scope.All("reports:read")
		if r.URL.Query().Get("detail") == "full" {
			policy = scope.All("reports:read", "reports:full")
		}
		t, err := auth.Check(r, policy)
		if err != nil {
			auth.WriteError(w, r, err)
			return
		}
		fmt.Fprintf(w, "a report for %s", t.Subject())
	})

	raw := issuer.Token(tokentest.Scope("reports:read"))
	show(report, "GET", "/report", raw)
	show(report, "GET", "/report?detail=full", raw)
	// Output:
	// 200 a report for alice
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="reports:read reports:full"
}

// What a service lets in, for its operators.
func ExampleHealthHandler() {
	issuer, verifier := newVerifier()
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.All("orders:read"), listOrders)
	mux.Handle("GET /debug/guards", scope.All("ops"), middleware.HealthHandler(mux.Posture))

	r := httptest.NewRequest(http.MethodGet, "/debug/guards", nil)
	r.Header.Set("Authorization", "Bearer "+issuer.Token(tokentest.Scope("ops")))
	answer := serve(mux, r)
	var health struct {
		Ready  bool
		Guards []scope.Posture
	}
	if err := json.NewDecoder(answer.Body).Decode(&health); err != nil {
		fmt.Println(err)
	}
	fmt.Println(answer.StatusCode, health.Ready, health.Guards[0].Issuers[0].Issuer)
	// Output: 200 true https://issuer.test
}

// A test keeps such lines in a file, by tokentest.Golden.
func ExampleMux_Posture() {
	_, verifier := newVerifier()
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.All("orders:read"), listOrders)
	p := mux.Posture()
	fmt.Println(p.Ready(), "before the first call")
	settings, err := json.Marshal(p.Settings())
	fmt.Println(string(settings), err)
	// Output:
	// false before the first call
	// {"transport":"http","issuers":[{"issuer":"https://issuer.test","audience":["https://api.example.com"],"algorithms":["RS256","PS256","ES256","EdDSA","Ed25519"]}],"rules":[{"route":"GET /orders","policy":"all(orders:read)"}]} <nil>
}

func ExampleMiddleware_Posture() {
	_, verifier := newVerifier()
	auth := middleware.New(verifier, nil)
	posture := auth.Posture(middleware.Route{Pattern: "GET /orders", Policy: scope.All("orders:read")})
	for _, rule := range posture.Rules {
		fmt.Println(rule.Route, "|", rule.Policy)
	}
	// Output:
	// GET /orders | all(orders:read)
}

// Refusals that a program can show to a person.
func ExampleProblemJSON() {
	_, verifier := newVerifier()
	auth := middleware.New(verifier, &middleware.Config{Body: middleware.ProblemJSON})
	orders := auth.Require(scope.User)(http.NotFoundHandler())

	answer := serve(orders, httptest.NewRequest(http.MethodGet, "/orders", nil))
	fmt.Println(answer.Header.Get("Content-Type"))
	problem, err := io.ReadAll(answer.Body)
	fmt.Println(string(problem), err)
	// Output:
	// application/problem+json
	// {"title":"Unauthorized","status":401,"detail":"An access token is required","error":"credentials_missing"} <nil>
}

// A handler that finds later on that the caller may not do what it asks.
func ExampleMiddleware_WriteError() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, nil)
	ownerOf := map[string]string{"/orders/7": "bob"}

	order := auth.Require(scope.User)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := token.FromContext(r.Context())
		if ownerOf[r.URL.Path] != t.Subject() {
			auth.WriteError(w, r, token.ErrDenied)
			return
		}
		fmt.Fprint(w, "the order")
	}))

	show(order, "GET", "/orders/7", issuer.Token(tokentest.Subject("bob")))
	show(order, "GET", "/orders/7", issuer.Token(tokentest.Subject("alice")))
	// Output:
	// 200 the order
	// 403
}

func ExampleMiddleware_NewMux() {
	issuer, verifier := newVerifier()
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.All("orders:read"), listOrders)
	mux.HandleFunc("GET /healthz", scope.Public, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	fmt.Print(mux)

	show(mux, "GET", "/orders", issuer.Token(tokentest.Scope("orders:read")))
	show(mux, "GET", "/healthz", "")
	show(mux, "GET", "/debug", "")
	show(mux, "GET", "/debug", issuer.Token())
	// Output:
	// GET /orders      all(orders:read)
	// GET /healthz     public
	// (anything else)  refused
	// 200 the orders of alice
	// 200 ok
	// 401 Bearer realm="api"
	// 403
}

// A service finds out when it starts that a route could never be served.
func ExampleMux_Audit() {
	_, verifier := newVerifier()
	mux := middleware.New(verifier, nil).NewMux()
	mux.HandleFunc("GET /orders", scope.All("orders:read"), listOrders)
	if err := mux.Audit(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("every route can be served")
	// Output: every route can be served
}

// Events that are sent for as long as the caller listens end with its token.
func ExampleMiddleware_Require_longAnswers() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, nil)

	events := auth.Require(scope.Authenticated)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := token.FromContext(r.Context())
		until, _ := r.Context().Deadline()
		fmt.Fprintln(w, "ends with the token:", until.Equal(t.Deadline()))
		fmt.Fprint(w, "its field is hidden: ", r.Header.Get("Authorization") == "")
	}))

	show(events, "GET", "/events", issuer.Token())
	// Output:
	// 200 ends with the token: true
	// its field is hidden: true
}

// A service that calls another one on behalf of its own caller.
func ExampleNewForwarder() {
	issuer, verifier := newVerifier()
	auth := middleware.New(verifier, nil)

	photos := httptest.NewServer(auth.Require(scope.Authenticated)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := token.FromContext(r.Context())
		fmt.Fprintf(w, "the photos of %s", t.Subject())
	})))
	defer photos.Close()

	forwarder, err := middleware.NewForwarder(nil, photos.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: forwarder, Timeout: 5 * time.Second}
	front := auth.Require(scope.Authenticated)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, photos.URL, nil)
		resp, err := client.Do(req)
		if err != nil {
			http.Error(w, "photos are out of reach", http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		_, _ = io.Copy(w, resp.Body)
	}))

	show(front, "GET", "/", issuer.Token())

	_, err = middleware.NewForwarder(nil, "http://photos.example.com")
	fmt.Println(errors.Is(err, token.ErrConfig))
	// Output:
	// 200 the photos of alice
	// true
}
