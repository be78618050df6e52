package guard

import (
	"context"
	"sync/atomic"
)

// Pass is what a guard leaves in the context of a call that it let through, for
// inner guards: it has hidden the caller's credentials from the handler, and
// they need them to decide. The zero Pass is that of a call that no guard has
// seen.
type Pass struct {
	// Fields are the hidden values of Authorization, and DPoP those of DPoP
	// that came with them. Handlers cannot get at them.
	Fields, DPoP []string
	// Reported is whether an outer guard has told its hooks that the call was
	// let through, so that this call is counted already.
	Reported bool
	// Responded is the fields that outer guards have sent with the response, for a
	// transport that cannot replace them. It must not be modified.
	Responded Response
	// spent is the last one-time credential that was accepted for this call, or
	// nil.
	spent *spent
	// Decided notes that a guard has decided. Nil: there is no RequireDecision.
	Decided *Decided
}

// spent is a one-time credential, and those accepted before it.
type spent struct {
	id     [32]byte
	before *spent
}

// Spent reports whether a one-time credential was accepted for this call.
func (p *Pass) Spent(id [32]byte) bool {
	for s := p.spent; s != nil; s = s.before {
		if s.id == id {
			return true
		}
	}
	return false
}

// Spend notes one that is accepted.
func (p *Pass) Spend(id [32]byte) { p.spent = &spent{id, p.spent} }

// HasSpent reports whether there are any.
func (p *Pass) HasSpent() bool { return p.spent != nil }

// Inherit takes over what another has noted: an inner one that of the outer one when
// a decision begins, and the other way round when the call is handed on.
func (p *Pass) Inherit(other *Pass) { p.spent, p.Responded = other.spent, other.Responded }

// Decided is whether a guard has decided about a call. The zero Decided says no.
type Decided struct {
	made  atomic.Bool // a call may have several goroutines
	Outer *Decided    // of the next one further out, or nil
}

// Note notes that a guard has decided, for all that ask. d may be nil.
func (d *Decided) Note() {
	for ; d != nil; d = d.Outer {
		d.made.Store(true)
	}
}

// Made reports whether a guard has decided.
func (d *Decided) Made() bool { return d.made.Load() }

// NewContext returns a context that carries p. It is in, filled in, or in an
// allocation of its own if in is nil.
func (p Pass) NewContext(ctx context.Context, in *PassContext) context.Context {
	if in == nil {
		in = &PassContext{}
	}
	in.Context, in.Pass = ctx, p
	return in
}

// PassContext is a context with a Pass. A transport embeds it in its own record
// of a call, so that both are one allocation.
type PassContext struct {
	context.Context
	Pass
}

type passKey struct{}

// Value implements context.Context.
func (c *PassContext) Value(key any) any {
	if key == (passKey{}) {
		return &c.Pass
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
