package guard

import "context"

// Pass is what a guard leaves in the context of a call that it let through, for
// guards further in: it has hidden the caller's credentials from the handler,
// and they need them to decide. The zero Pass is that of a call which no guard
// has seen.
type Pass struct {
	// Fields are the hidden values of Authorization, and Proofs those of DPoP
	// that came with them. Handlers cannot get at them.
	Fields, Proofs []string
	// Reported is whether an outer guard has told its hooks that the call was
	// let through, so that this call is counted already.
	Reported bool
}

// NewContext returns a context that carries p.
func (p Pass) NewContext(ctx context.Context) context.Context { return &passContext{ctx, p} }

// passContext is a context and its value in one allocation.
type passContext struct {
	context.Context
	pass Pass
}

type passKey struct{}

func (c *passContext) Value(key any) any {
	if key == (passKey{}) {
		return &c.pass
	}
	return c.Context.Value(key)
}

// PassOf is the Pass of the innermost guard around ctx. Its slices must not be
// modified.
func PassOf(ctx context.Context) Pass {
	if p, ok := ctx.Value(passKey{}).(*Pass); ok {
		return *p
	}
	return Pass{}
}
