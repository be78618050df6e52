package middleware

import (
	"fmt"
	"net/http"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Middleware guards handlers by an Authenticator and policies. It is immutable
// and safe for concurrent use; one serves a whole service.
type Middleware struct {
	guard    guard.Guard
	auth     token.Authenticator
	schemes  []token.Scheme
	table    *challenge.Table
	bases    guard.Bases
	config   Config
	observer guard.Observer
}

var errNoAuth = fmt.Errorf("middleware: %w: the authenticator is nil", token.ErrConfig)

// New returns a Middleware that asks auth about tokens. A nil cfg means the
// zero Config.
//
// It panics with an error that matches token.ErrConfig if auth is nil, a nil
// pointer in the interface included, if its schemes cannot stand in a challenge
// (see token.SchemesOf), or if cfg is not valid, since these are literals in most
// programs; run settings that come from elsewhere through Config.Validate first.
// It makes no request.
func New(auth token.Authenticator, cfg *Config) *Middleware {
	if nilcheck.Is(auth) {
		panic(errNoAuth)
	}
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	schemes, err := token.SchemesOf(auth)
	if err != nil {
		panic(err)
	}
	config := cfg.effective()
	return &Middleware{
		guard:    guard.New(auth, schemes, guard.Options{Rehearsal: config.Rehearsal, ChallengeScopes: config.Resource.ChallengeScopes}),
		auth:     auth,
		schemes:  schemes,
		table:    challenge.New(config.Resource, schemes),
		bases:    guard.NewBases(config.Resource),
		config:   config,
		observer: guard.NewObserver(config.Trace),
	}
}

// Require returns the wrapper that lets only those calls through to a handler
// that p allows, and answers all others by WriteError without calling it. A
// handler that is not wrapped is open to everyone: use a Mux, or put
// RequireDecision around the router.
//
// The handler gets the verified token from token.FromContext. Behind
// scope.Public, or scope.Optional if the caller presented none, it gets no token,
// even if an outer guard has let one in. It gets a copy of the request without
// the caller's credentials, see Config.KeepCredentials, and the server's own
// http.ResponseWriter.
//
// The context of the request ends when the token expires, at token.Deadline by
// the clock of this machine, with the cause token.ErrExpired, so that event
// streams that last for hours and hijacked connections end as gRPC's streams
// do. A handler that does not heed its context is not stopped.
// Config.ResponsesOutliveToken turns this off.
//
// Require panics with an error that matches token.ErrConfig if p is the zero
// Policy, and so does the wrapper if given a nil handler. Methods make no
// difference: HEAD, OPTIONS and CONNECT are checked like GET.
func (m *Middleware) Require(p scope.Policy) func(http.Handler) http.Handler {
	if p.IsZero() {
		panic(errNoPolicy)
	}
	return func(next http.Handler) http.Handler {
		if next == nil {
			panic(fmt.Errorf("middleware: %w: the handler behind %v is nil", token.ErrConfig, p))
		}
		return &guarded{m, p, next}
	}
}

var errNoPolicy = fmt.Errorf("middleware: %w: Require was given the zero Policy, which refuses every call", token.ErrConfig)

type guarded struct {
	m      *Middleware
	policy scope.Policy
	next   http.Handler
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, outer := g.m, guard.PassOf(r.Context())
	t, c, err := m.check(r, g.policy, &outer)
	if err != nil {
		m.refuse(w, r, err, &outer)
		return
	}
	c.respond(w.Header())
	r, stop := m.handOn(r, g.policy, t, c, &outer)
	defer stop()
	g.next.ServeHTTP(pastGate(w), r)
}

// Admit is Require for frameworks whose handlers are not http.Handlers. If p
// allows the call, it returns the request to go on with, as the handler behind
// Require gets it. Otherwise it has answered the call by WriteError, and
// admitted is nil. Call done, which is never nil, when the handler has returned:
// it releases the context of the request.
//
//	func guard(auth *middleware.Middleware, p scope.Policy) gin.HandlerFunc {
//		return func(c *gin.Context) {
//			r, done := auth.Admit(c.Writer, c.Request, p)
//			defer done()
//			if r == nil {
//				c.Abort()
//				return
//			}
//			c.Request = r
//			c.Next()
//		}
//	}
//
// It blocks like Check. The zero Policy refuses every call.
func (m *Middleware) Admit(w http.ResponseWriter, r *http.Request, p scope.Policy) (admitted *http.Request, done func()) {
	outer := guard.PassOf(r.Context())
	t, c, err := m.check(r, p, &outer)
	if err != nil {
		m.refuse(w, r, err, &outer)
		return nil, nothingToStop
	}
	c.respond(w.Header())
	return m.handOn(r, p, t, c, &outer)
}

// Check decides whether p allows the call, and writes nothing: use it where
// Require does not fit, such as inside a handler that picks its policy by the
// request. It blocks for as long as the Authenticator does, until the context
// of r ends. It neither hides credentials nor ends the context of r with the
// token. What the Authenticator sends with the response (see
// token.Presentation.Respond) is dropped if the call may go through; an error
// carries it to WriteError.
//
// A proof of possession (RFC 9449) is good for one call of Check: of two for one
// request, the second refuses it as a replay, unless a guard further out has
// accepted it. To try several policies, join them by Policy.Or.
//
// With a nil error the call may go through. The token is nil behind
// scope.Public, and behind scope.Optional if the caller presented none. Every
// error matches exactly one of the outcomes of package token; answer it by
// WriteError.
//
// A token is looked for in the Authorization field alone (RFC 6750 §2.1):
// tokens in queries, forms, cookies and trailers are invisible. If a guard of
// this module has hidden that field from the handler that calls Check, Check
// judges the hidden value, unless the program has set an Authorization field
// itself; an empty one stands for no credentials.
func (m *Middleware) Check(r *http.Request, p scope.Policy) (*token.Token, error) {
	outer := guard.PassOf(r.Context())
	t, _, err := m.check(r, p, &outer)
	return t, err
}

// check is Check, with the pass of the guard further out. The call is nil if no
// Authenticator was asked.
func (m *Middleware) check(r *http.Request, p scope.Policy, outer *guard.Pass) (t *token.Token, c *call, err error) {
	if p.IsPublic() {
		outer.Decided.Note()
		return nil, nil, nil
	}
	begun := m.observer.Begin()
	fields, dpop := presented(r, outer)
	v := m.guard.Decide(r.Context(), p, fields, func() token.Call {
		c = &call{PassContext: guard.PassContext{Pass: guard.Pass{DPoP: dpop}}, m: m, r: r}
		c.Inherit(outer)
		return c
	})
	outer.Decided.Note()
	m.tell(r, p, v, outer.Reported, begun)
	if v.Err != nil && c != nil {
		return nil, c, c.response.With(v.Err)
	}
	return v.Token, c, v.Err
}
