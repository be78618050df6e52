package token

import "context"

type contextKey struct{}

// NewContext returns a context that carries t. The middleware and the
// interceptors call it; handlers call FromContext.
func NewContext(ctx context.Context, t *Token) context.Context {
	return context.WithValue(ctx, contextKey{}, t)
}

// FromContext returns the verified token of the call that ctx belongs to. It
// reports false if the call has no token: behind scope.Public, behind
// scope.Optional when the caller sent no token, and outside a guarded handler.
func FromContext(ctx context.Context) (*Token, bool) {
	t, ok := ctx.Value(contextKey{}).(*Token)
	return t, ok && !t.IsZero()
}
