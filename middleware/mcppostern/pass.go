package mcppostern

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/postern-go/postern/token"
)

// pass is what the decision about a request leaves for the handlers of its
// messages. The SDK carries it from one to the other: the context of a handler
// may be that of the first request of its session.
type pass struct {
	token    *token.Token // nil for none
	targets  []target     // that were decided about
	unjudged bool         // in a rehearsal everything goes
	deadline time.Time    // of the request, by its token or earlier, or zero
	told     told         // the context of the request
}

// passKey is where the pass is in TokenInfo.Extra.
const passKey = "postern"

// passOf is nil for a message that has come by another way than a Guard.
func passOf(r mcp.Request) *pass {
	extra := r.GetExtra()
	if extra == nil || extra.TokenInfo == nil {
		return nil
	}
	p, _ := extra.TokenInfo.Extra[passKey].(*pass)
	return p
}

// allows reports whether all that a message asks for was decided about.
func (p *pass) allows(targets []target) bool {
	if p.unjudged {
		return true
	}
	for _, x := range targets {
		if !slices.Contains(p.targets, x) {
			return false
		}
	}
	return true
}

// info is what the SDK gets to know of a token.
func (p *pass) info() *auth.TokenInfo {
	info := &auth.TokenInfo{Extra: map[string]any{passKey: p}}
	if p.token != nil {
		info.Scopes, info.Expiration = p.token.Scopes(), p.token.Expiry()
		if id, ok := identityOf(p.token); ok && !p.unjudged {
			info.UserID = id.userID()
		}
	}
	return info
}

// bridge hands requests to the SDK's handler with what that gets to know of the
// token. The SDK takes it from the context, where by itself only
// auth.RequireBearerToken puts it, which knows no scheme but Bearer and answers
// faults with their text. So the context answers the question that
// auth.TokenInfoFromContext asks.
type bridge struct {
	sdk      http.Handler
	key      any
	sessions bool // a session keeps the context of the request that begins it
}

func newBridge(sdk http.Handler) (*bridge, error) {
	var asked asking
	auth.TokenInfoFromContext(&asked)
	b := &bridge{sdk: sdk, key: asked.key}
	want := &auth.TokenInfo{}
	if auth.TokenInfoFromContext(told{context.Background(), b.key, want}) != want {
		return nil, errBridge
	}
	return b, nil
}

func (b *bridge) serve(w http.ResponseWriter, r *http.Request, p *pass) {
	p.told = told{r.Context(), b.key, p.info()}
	if !b.sessions || r.Header.Get("Mcp-Session-Id") != "" {
		b.sdk.ServeHTTP(w, r.WithContext(p.told))
		return
	}
	first := &first{told: p.told}
	defer first.over.Store(true)
	b.sdk.ServeHTTP(w, r.WithContext(first))
}

// told is a context with a TokenInfo.
type told struct {
	context.Context
	key  any
	info *auth.TokenInfo
}

// Value implements context.Context.
func (c told) Value(key any) any {
	if key == c.key {
		return c.info
	}
	return c.Context.Value(key)
}

// first is the context of a request that may begin a session, with the values
// that the SDK asks for and no other, and none once the request is over: the
// handlers of all later requests of the session get a context that is made of it,
// and would find there what the program and its guards say of the first.
type first struct {
	told
	over atomic.Bool
}

// Value implements context.Context.
func (c *first) Value(key any) any {
	if c.over.Load() || key != c.key && key != http.LocalAddrContextKey {
		return nil
	}
	return c.told.Value(key)
}

// context is that of a handler: ctx, as the SDK and the middleware further out
// have made it, with the values of the request, the token of the request, and its
// deadline.
func (p *pass) context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = token.NewContext(&handling{ctx, context.WithoutCancel(p.told.Context), p.told}, p.token) // nil hides that of another request
	if p.deadline.IsZero() {
		return ctx, func() {}
	}
	var cause error
	if p.token != nil && !p.deadline.Before(p.token.Deadline()) {
		cause = token.ErrExpired
	}
	return context.WithDeadlineCause(ctx, p.deadline, cause)
}

// handling is a context that finds in a request what it does not have itself. It
// ends by itself alone: a session goes on with a tool whose caller has hung up.
type handling struct {
	context.Context
	request context.Context // without its end
	told    told
}

// Value implements context.Context.
func (c *handling) Value(key any) any {
	if key == c.told.key {
		return c.told.info
	}
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.request.Value(key)
}

// asking is a context that remembers what it was asked for.
type asking struct {
	context.Context
	key any
}

// Value implements context.Context.
func (c *asking) Value(key any) any {
	c.key = key
	return nil
}
