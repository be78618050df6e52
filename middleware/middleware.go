package middleware

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Middleware guards handlers by an Authenticator and policies. It is immutable
// and safe for concurrent use; one serves a whole service.
type Middleware struct {
	guard    guard.Guard
	table    *challenge.Table
	external *url.URL // nil: what the connection shows
	trace    Trace
}

var errNoAuth = fmt.Errorf("middleware: %w: the authenticator is nil", token.ErrConfig)

// New returns a Middleware that asks auth about tokens. A nil cfg means the
// zero Config.
//
// It panics with an error that matches token.ErrConfig if auth is nil or cfg
// is not valid, since both are literals in most programs; run settings that
// come from elsewhere through Config.Validate first. It makes no request.
func New(auth token.Authenticator, cfg *Config) *Middleware {
	if auth == nil {
		panic(errNoAuth)
	}
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	table, _ := challenge.New(cfg.challenges())
	external, _ := cfg.externalURL()
	return &Middleware{guard: guard.New(auth), table: table, external: external, trace: cfg.trace()}
}

// Require returns the wrapper that lets only those calls through to a handler
// that p allows, and answers all others by WriteError without calling it. The
// handler finds the verified token by token.FromContext.
//
// The zero Policy refuses every call. The wrapper panics if given a nil
// handler. Methods make no difference: HEAD, OPTIONS and CONNECT are checked
// like GET.
func (m *Middleware) Require(p scope.Policy) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if next == nil {
			panic(fmt.Errorf("middleware: %w: the handler behind %v is nil", token.ErrConfig, p))
		}
		return &guarded{m, p, next}
	}
}

type guarded struct {
	m      *Middleware
	policy scope.Policy
	next   http.Handler
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t, err := g.m.Check(r, g.policy)
	if err != nil {
		g.m.WriteError(w, r, err)
		return
	}
	if t != nil {
		r = r.WithContext(token.NewContext(r.Context(), t))
	}
	g.next.ServeHTTP(w, r)
}

// Check decides whether p allows the call, and writes nothing: use it where
// Require does not fit, such as inside a handler whose policy depends on what
// is asked for. It blocks for as long as the Authenticator does, until the
// context of r ends.
//
// With a nil error the call may go through. The token is nil behind
// scope.Public, and behind scope.Optional if the caller presented none. Every
// error matches exactly one of the outcomes of package token; answer it by
// WriteError.
//
// A token is looked for in the Authorization field alone (RFC 6750 §2.1):
// tokens in queries, forms, cookies and trailers are invisible.
func (m *Middleware) Check(r *http.Request, p scope.Policy) (*token.Token, error) {
	if p.IsPublic() {
		return nil, nil
	}
	t, err := m.decide(r, p)
	if err != nil {
		m.trace.refused(r, p, err)
		return nil, err
	}
	m.trace.allowed(r, p, t)
	return t, nil
}

func (m *Middleware) decide(r *http.Request, p scope.Policy) (*token.Token, error) {
	return m.guard.Decide(r.Context(), p, r.Header["Authorization"], func(presented token.Presentation) token.Presentation {
		return m.complete(presented, r)
	})
}
