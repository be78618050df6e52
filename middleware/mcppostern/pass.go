package mcppostern

import (
	"context"
	"math"
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
	request  *http.Request
}

// passKey is where the pass is in TokenInfo.Extra, and in a context on the way
// there.
const passKey = "postern"

type passContextKey struct{}

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

// bridged is a handler of the SDK that gets a pass with each request.
type bridged struct{ entry http.Handler }

// bridge makes one. Nothing but auth.RequireBearerToken can set a TokenInfo, and
// that reads a field of the scheme Bearer. So it gets a request with a
// placeholder, whatever the scheme of the caller was, and the SDK's handler gets
// the request of the caller, in the context that results.
func bridge(server *mcp.Server, o mcp.StreamableHTTPOptions) *bridged {
	sdk := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &o)
	inner := http.HandlerFunc(func(w http.ResponseWriter, placeholder *http.Request) {
		ctx := placeholder.Context()
		p := ctx.Value(passContextKey{}).(*pass)
		r := p.request.WithContext(ctx)
		p.request = nil // a session holds on to the context of its first request
		sdk.ServeHTTP(w, r)
	})
	verify := func(ctx context.Context, _ string, _ *http.Request) (*auth.TokenInfo, error) {
		return ctx.Value(passContextKey{}).(*pass).info(), nil
	}
	// Expiry was judged already, by the clock of the Verifier and with its leeway.
	opts := &auth.RequireBearerTokenOptions{AllowMissingExpiration: true, ClockSkew: math.MaxInt64}
	return &bridged{auth.RequireBearerToken(verify, opts)(inner)}
}

func (b *bridged) serve(w http.ResponseWriter, r *http.Request, p *pass) {
	p.request = r
	placeholder := &http.Request{Header: http.Header{"Authorization": {"Bearer placeholder"}}}
	b.entry.ServeHTTP(w, placeholder.WithContext(context.WithValue(r.Context(), passContextKey{}, p)))
}
