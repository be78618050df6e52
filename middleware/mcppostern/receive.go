package mcppostern

import (
	"context"
	"errors"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Refusals of messages inside the server. A caller reads them only if this
// package and the SDK have read a message differently, or if the server is
// connected by another way than a Guard.
var (
	errUnguarded = &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "The message has not passed the guard"}
	errUnjudged  = &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "The message is not the one that was decided about"}
	errSession   = &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "The session cannot belong to this caller"}
)

// receive is the middleware of a guarded server. The handlers behind it see the
// token of their own request, and their context ends with it.
func (g *Guard) receive(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, r mcp.Request) (mcp.Result, error) {
		p := passOf(r)
		switch {
		case p == nil && isAudit(ctx):
			return audited(ctx, method, r, next)
		case p == nil:
			return nil, errUnguarded
		case !p.allows(targetsOf(method, r.GetParams())):
			return nil, errUnjudged
		}
		if err := g.own(method, r, p); err != nil {
			return nil, err
		}
		ctx, stop := p.context(ctx)
		defer stop()
		result, err := next(ctx, method, r)
		if err == nil && p.token != nil {
			result = private(result)
		}
		return result, err
	}
}

// own makes a session that begins belong to the caller.
func (g *Guard) own(method string, r mcp.Request, p *pass) error {
	s, ok := r.GetSession().(session)
	if method != "initialize" || p.unjudged || !ok || s.ID() == "" {
		return nil
	}
	id, ok := identityOf(p.token)
	if !ok || !g.owners.begin(s, id) {
		return errSession
	}
	return nil
}

type auditKey struct{}

func isAudit(ctx context.Context) bool { return ctx.Value(auditKey{}) != nil }

// audited is a message of Audit, which only lists. The server's own function for
// new sessions is not told of this one.
func audited(ctx context.Context, method string, r mcp.Request, next mcp.MethodHandler) (mcp.Result, error) {
	switch method {
	case "initialize", "server/discover", "ping", "tools/list", "prompts/list", "resources/list", "resources/templates/list":
		return next(ctx, method, r)
	case "notifications/initialized":
		return nil, nil
	default:
		return nil, errUnguarded
	}
}

var errAudit = errors.New("the server does not list what it offers")
