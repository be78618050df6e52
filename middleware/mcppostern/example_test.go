package mcppostern_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/middleware/mcppostern"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// exampleTB stands in for the *testing.T that an example does not have.
type exampleTB struct{ testing.TB }

func (exampleTB) Helper()                        {}
func (exampleTB) Cleanup(func())                 {}
func (exampleTB) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

// guarded is what a service has in place of a Verifier of its own issuer.
func guarded() (*tokentest.Issuer, *middleware.Middleware) {
	issuer := tokentest.NewIssuer(exampleTB{}, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	if err != nil {
		panic(err)
	}
	return issuer, middleware.New(verifier, nil)
}

// photos is a server with one tool.
func photos() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "photos", Version: "v1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "list_photos"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		t, _ := token.FromContext(ctx)
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "photos of " + t.Subject()}}}, nil, nil
	})
	return server
}

func ExampleGuard_Handler() {
	issuer, auth := guarded()
	guard := mcppostern.New(auth, mcppostern.Rules{Tools: map[string]scope.Policy{"list_photos": scope.All("photos:read")}}, nil)
	handler, err := guard.Handler(photos(), &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, raw := range []string{"", issuer.Token(tokentest.Scope("photos:write")), issuer.Token(tokentest.Scope("photos:read"), tokentest.Subject("alice"))} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, call("2025-11-25", raw, "list_photos"))
		fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	}
	// Output:
	// 401 Bearer realm="api"
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="photos:read"
	// 200
}

// A tool without a rule is found when the service starts.
func ExampleGuard_Audit() {
	_, auth := guarded()
	guard := mcppostern.New(auth, mcppostern.Rules{Tools: map[string]scope.Policy{"list_fotos": scope.All("photos:read")}}, nil)
	fmt.Println(guard.Audit(context.Background(), photos()))
	// Output:
	// mcppostern: invalid configuration: tool list_fotos has a rule, and the server does not offer it
	// mcppostern: invalid configuration: tool list_photos has no rule, and every call of it is refused
}

func ExampleNew() {
	_, auth := guarded()
	guard := mcppostern.New(auth, mcppostern.Rules{
		Tools:   map[string]scope.Policy{"list_photos": scope.All("photos:read")},
		Methods: map[string]scope.Policy{"tools/list": scope.Public},
	}, nil)
	for _, rule := range guard.Posture().Rules {
		if rule.Policy != scope.Authenticated.String() {
			fmt.Println(rule.Route, "|", rule.Policy)
		}
	}
	fmt.Println(len(guard.Policies()), "rules,", len(mcppostern.DefaultMethods()), "of them are for methods")
	// Output:
	// tools/call list_photos | all(photos:read)
	// tools/list | public
	// 16 rules, 15 of them are for methods
}
