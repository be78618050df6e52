package mcppostern

import (
	"context"
	"net/http"
	"slices"
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
	deadline time.Time    // of the token, or zero
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
	sdk http.Handler
	key any
}

func newBridge(sdk http.Handler) (*bridge, error) {
	var asked asking
	auth.TokenInfoFromContext(&asked)
	b := &bridge{sdk, asked.key}
	want := &auth.TokenInfo{}
	if auth.TokenInfoFromContext(told{context.Background(), b.key, want}) != want {
		return nil, errBridge
	}
	return b, nil
}

func (b *bridge) serve(w http.ResponseWriter, r *http.Request, p *pass) {
	b.sdk.ServeHTTP(w, r.WithContext(told{r.Context(), b.key, p.info()}))
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
