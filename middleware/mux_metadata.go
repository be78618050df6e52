package middleware

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// HandleMetadata serves the protected resource metadata document of the service
// (RFC 9728) to everyone, at the path that challenges name. It lists the scopes
// of all routes of the Mux, those registered later included. A nil d means the
// zero Metadata. The Description that it returns is for ServeMetadata, where the
// Mux does not get requests for that path.
//
// It panics with an error that matches token.ErrConfig where Middleware.Describe
// returns one, and where Handle panics. Call Describe first with settings that
// are not literals. The route has no method, so that it conflicts with one such as
// "GET /" for all paths: use "/" or "GET /{$}" there.
func (x *Mux) HandleMetadata(d *Metadata) *Description {
	description, err := x.m.description(d, x.policies)
	if err != nil {
		panic(err)
	}
	x.Handle(description.Pattern(), scope.Public, description)
	return description
}

// policies are those of the routes.
func (x *Mux) policies() []scope.Policy {
	x.mu.RLock()
	defer x.mu.RUnlock()
	policies := make([]scope.Policy, len(x.routes))
	for i, r := range x.routes {
		policies[i] = r.Policy
	}
	return policies
}

// auditMetadata finds out whether everyone gets the document where challenges name
// it. A route for its host comes before one for all hosts, whatever its path.
func (x *Mux) auditMetadata() error {
	if !x.m.config.Resource.PublishesMetadata || x.m.config.MetadataElsewhere {
		return nil
	}
	held := x.held()
	if !slices.ContainsFunc(held, x.describes) {
		return errNotDescribed
	}
	at := x.m.config.Resource.MetadataURL()
	r, err := http.NewRequest(http.MethodGet, at, http.NoBody)
	if err != nil {
		return err // not of a valid Resource
	}
	_, pattern := x.inner.Handler(withHost(r))
	there := func(r registered) bool { return r.Pattern == pattern && x.describes(r) }
	if slices.ContainsFunc(held, there) {
		return nil
	}
	return fmt.Errorf("middleware: %w: route %q gets the requests for the metadata document at %s, want a route for the document itself with that host, or Config.MetadataElsewhere",
		token.ErrConfig, pattern, at)
}

// describes reports whether everyone gets the document of this resource from a route.
func (x *Mux) describes(r registered) bool {
	d, ok := r.handler.(*Description)
	return ok && d != nil && d.m == x.m && r.Policy.IsPublic()
}
