package middleware_test

import (
	"fmt"
	"net/http"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// A service tells clients where to get a token, and for which scopes.
func ExampleMux_HandleMetadata() {
	_, verifier := newVerifier()
	auth := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{
		Identifier:        "https://api.example.com", // one of the audiences of the verifier
		PublishesMetadata: true,
	}})
	mux := auth.NewMux()
	mux.HandleMetadata(&middleware.Metadata{Name: "Orders"})
	mux.HandleFunc("GET /orders", scope.All("orders:read"), func(http.ResponseWriter, *http.Request) {})

	show(mux, "GET", "/orders", "")
	show(mux, "GET", "/.well-known/oauth-protected-resource", "")
	// Output:
	// 401 Bearer realm="api", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"
	// 200 {"authorization_servers":["https://issuer.test"],"bearer_methods_supported":["header"],"resource":"https://api.example.com","resource_name":"Orders","scopes_supported":["orders:read"]}
}

// With another router the handler goes to the path that challenges name.
func ExampleMiddleware_Describe() {
	_, verifier := newVerifier()
	auth := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{Identifier: "https://api.example.com", PublishesMetadata: true}})
	reading := scope.All("orders:read")
	described, err := auth.Describe(nil, reading)
	if err != nil {
		fmt.Println(err)
		return
	}
	router := http.NewServeMux()
	router.Handle("GET /orders", auth.Require(reading)(http.NotFoundHandler()))
	router.Handle(described.Pattern(), described)

	text, err := described.JSON()
	fmt.Print(described.URL(), "\n", string(text))
	fmt.Println(err)
	show(router, "POST", described.Path(), "")
	// Output:
	// https://api.example.com/.well-known/oauth-protected-resource
	// {"authorization_servers":["https://issuer.test"],"bearer_methods_supported":["header"],"resource":"https://api.example.com","scopes_supported":["orders:read"]}
	// <nil>
	// 405
}

// Two resources of one process have a document each.
func ExampleServeMetadata() {
	_, verifier := newVerifier("https://orders.example.com", "https://bills.example.com")
	var documents []*middleware.Description
	for _, identifier := range []string{"https://orders.example.com", "https://bills.example.com"} {
		auth := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{Identifier: identifier, PublishesMetadata: true}})
		d, err := auth.Describe(nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		documents = append(documents, d)
	}
	h := middleware.ServeMetadata(documents...)
	show(h, "GET", "https://bills.example.com/.well-known/oauth-protected-resource", "")
	show(h, "GET", "https://evil.example/.well-known/oauth-protected-resource", "")
	// Output:
	// 200 {"authorization_servers":["https://issuer.test"],"bearer_methods_supported":["header"],"resource":"https://bills.example.com"}
	//
	// 404
}
