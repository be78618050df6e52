package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/middleware/mcppostern"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// rules say who may use what.
func rules() mcppostern.Rules {
	return mcppostern.Rules{
		Tools: map[string]scope.Policy{
			"list_photos":  scope.All("photos:read"),
			"add_photo":    scope.All("photos:write"),
			"delete_album": scope.All("photos:write").And(scope.MaxAge(5 * time.Minute)),
		},
		Resources: map[string]scope.Policy{albumTemplate: scope.All("photos:read")},
	}
}

// handler is the server with its metadata.
type handler struct {
	http.Handler
	path, rules string
}

func newHandler(auth token.Authenticator, about scope.Resource, photos *library, log io.Writer) (*handler, error) {
	trace := scope.LogTo(slog.New(slog.NewTextHandler(log, nil)), nil)
	web := middleware.New(auth, &middleware.Config{Resource: about, Trace: trace})
	guard := mcppostern.New(web, rules(), &mcppostern.Config{BothFamilies: true})
	tools, err := guard.Handler(newServer(photos), &mcp.StreamableHTTPOptions{
		SessionTimeout: 10 * time.Minute,
		// A page that reaches loopback by a name of its own has no token, and a
		// proxy in front keeps the name of the resource.
		DisableLocalhostProtection: true,
	})
	if err != nil {
		return nil, err
	}
	more := &middleware.Metadata{Name: "Photos", Policies: guard.Policies()}
	// The settings come from a command line: a fault in them is no panic.
	if _, err := web.Describe(more); err != nil {
		return nil, err
	}
	mux := web.NewMux()
	mux.HandleMetadata(more)
	h := &handler{mux, pathOf(about.Identifier), guard.String()}
	mux.Handle(h.path, scope.Public, tools) // the guard of the tools decides
	return h, mux.Audit()
}

// pathOf is where the resource is. Its identifier was found good before.
func pathOf(identifier string) string {
	u, err := url.Parse(identifier)
	if err != nil || u.EscapedPath() == "" || u.Path == "/" {
		return "/{$}"
	}
	return u.EscapedPath()
}
