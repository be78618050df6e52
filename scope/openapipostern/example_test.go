package openapipostern_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope/openapipostern"
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

// A service embeds its document: //go:embed openapi.yaml.
const document = `
openapi: 3.1.0
info: {title: Orders, version: "1"}
security:
  - login: [orders:read]
paths:
  /health:
    get:
      operationId: health
      security: []
      responses: {"200": {description: The service is up.}}
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
    get:
      operationId: getOrder
      responses: {"200": {description: The order.}}
    delete:
      operationId: cancelOrder
      security:
        - login: [orders:write]
      x-postern-policy: user
      responses: {"204": {description: It is cancelled.}}
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://login.example.com/authorize
          tokenUrl: https://login.example.com/token
          scopes: {orders:read: See orders., orders:write: Change orders.}
`

// A service takes its routes and their policies from its own description.
func ExampleDescription_Handle() {
	api, err := openapipostern.Read([]byte(document), openapipostern.Options{Schemes: []string{"login"}})
	if err != nil {
		panic(err)
	}

	issuer := tokentest.NewIssuer(exampleTB{}, nil) // in place of an authorization server
	verifier, err := token.NewVerifier(issuer.Config("https://api.example.com"))
	if err != nil {
		panic(err)
	}
	mux := middleware.New(verifier, nil).NewMux()
	err = api.Handle(mux, map[string]http.Handler{
		"health":      http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "up") }),
		"getOrder":    http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "order ", r.PathValue("id")) }),
		"cancelOrder": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
	})
	if err != nil {
		panic(err) // an operation without a handler, or a handler without an operation
	}
	if err := mux.Audit(); err != nil {
		panic(err)
	}

	r := httptest.NewRequest("GET", "/orders/7", nil)
	r.Header.Set("Authorization", "Bearer "+issuer.Token(tokentest.Audience("https://api.example.com"), tokentest.Scope("orders:read")))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	fmt.Println(w.Code, string(body))
	// Output: 200 order 7
}

// Read tells at start what the service will ask for.
func ExampleRead() {
	api, err := openapipostern.Read([]byte(document), openapipostern.Options{
		Schemes:  []string{"login"},
		BasePath: "/v1",
	})
	if err != nil {
		panic(err)
	}
	fmt.Print(api)
	// Output:
	// GET /v1/health          health       public
	// DELETE /v1/orders/{id}  cancelOrder  all(orders:write) and user
	// GET /v1/orders/{id}     getOrder     all(orders:read)
}

// A service with a router of its own looks operations up.
func ExampleDescription_Lookup() {
	api, err := openapipostern.Read([]byte(document), openapipostern.Options{Schemes: []string{"login"}})
	if err != nil {
		panic(err)
	}
	operation, ok := api.Lookup("getOrder")
	fmt.Println(operation.Pattern, operation.Policy, ok)
	_, ok = api.Lookup("getOdrer")
	fmt.Println(ok)
	// Output:
	// GET /orders/{id} all(orders:read) true
	// false
}

// The table of operations compares the document with what is served.
func ExampleDescription_Table() {
	api, err := openapipostern.Read([]byte(document), openapipostern.Options{Schemes: []string{"login"}})
	if err != nil {
		panic(err)
	}
	fmt.Print(api.Table())
	// Output:
	// cancelOrder  all(orders:write) and user
	// getOrder     all(orders:read)
	// health       public
}
