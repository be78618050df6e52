package guard

import (
	"context"
	"time"

	"github.com/postern-go/postern/scope"
)

// Observer tells a Trace about decisions. The zero Observer tells nothing, and
// costs nothing.
type Observer struct{ trace scope.Trace }

// NewObserver copies t. A nil Trace observes nothing.
func NewObserver(t *scope.Trace) Observer {
	if t == nil {
		return Observer{}
	}
	return Observer{*t}
}

// Begin is the start of a decision, or the zero time without a hook.
func (o *Observer) Begin() time.Time {
	if o.trace.Allowed == nil && o.trace.Refused == nil {
		return time.Time{}
	}
	return time.Now()
}

// Wants reports whether there is a hook for a decision that ends in err.
func (o *Observer) Wants(err error) bool {
	if err != nil {
		return o.trace.Refused != nil
	}
	return o.trace.Allowed != nil
}

// Reports reports whether calls that p lets through are told, so that an inner
// Observer need not count them.
func (o *Observer) Reports(p scope.Policy) bool { return o.trace.Allowed != nil && !p.IsPublic() }

// Tell reports d, which began at the given time, if there is a hook for it.
func (o *Observer) Tell(ctx context.Context, d scope.Decision, begun time.Time) {
	if !o.Wants(d.Err) {
		return
	}
	if !begun.IsZero() {
		d.Duration = time.Since(begun)
	}
	d.Remembered = d.Token.Remembered()
	if d.Err != nil {
		o.trace.Refused(ctx, d)
		return
	}
	o.trace.Allowed(ctx, d)
}
