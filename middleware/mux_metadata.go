package middleware

import (
	"strings"

	"github.com/postern-go/postern/scope"
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
	pattern := description.Path()
	if strings.HasSuffix(pattern, "/") {
		pattern += "{$}"
	}
	x.Handle(pattern, scope.Public, description)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.described = true
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

// isDescribed reports whether the document is served where challenges name it.
func (x *Mux) isDescribed() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.described || !x.m.config.Resource.PublishesMetadata || x.m.config.MetadataElsewhere
}
