package middleware

import (
	"context"
	"net/http"
)

// RequestFrom returns the request that a policy is about. It is for the
// functions of a policy that get a context, such as that of scope.Tenant, and
// reports false anywhere else: a handler has the request. The request must not
// be used after the function has returned.
func RequestFrom(ctx context.Context) (*http.Request, bool) {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r, r != nil
}

type requestKey struct{}

// policyContext is the context of a request for its policy. It is the call
// itself, so that it costs policies nothing that do not ask.
type policyContext struct{ *call }

// Value implements context.Context.
func (p policyContext) Value(key any) any {
	if key == (requestKey{}) {
		return p.r
	}
	return p.Context.Value(key)
}

// PolicyContext is ctx with the request.
func (c *call) PolicyContext(ctx context.Context) context.Context {
	c.Context = ctx
	return policyContext{c}
}
