package introspect

import (
	"context"

	"github.com/postern-go/postern/token"
)

// RouterConfig says who judges which tokens, by their shape and by nothing else.
type RouterConfig struct {
	// JWT judges tokens that have the shape of a signed JWT. Nil refuses them.
	JWT token.Authenticator
	// Opaque judges all other tokens. Nil refuses them.
	Opaque token.Authenticator
	// Encrypted judges tokens of five parts, as a JWE has. Nil means that Opaque does
	// not get them and they are refused.
	Encrypted token.Authenticator
	// Prefixes judge tokens that begin exactly so, before their shape is looked at.
	// The longest that fits counts.
	Prefixes map[string]token.Authenticator
	// AlsoIntrospect are the JWTs that Opaque must find good as well, by a rule about
	// the verified token. Nil means none.
	AlsoIntrospect func(*token.Token) bool
}

// Router is the Authenticator of a service that takes several kinds of token.
type Router struct{}

// NewRouter makes a Router. The error matches token.ErrConfig.
func NewRouter(cfg RouterConfig) (*Router, error) { panic("todo") }

// Authenticate implements token.Authenticator.
func (r *Router) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	panic("todo")
}

// Schemes implements token.Schemer.
func (r *Router) Schemes() []token.Scheme { panic("todo") }
