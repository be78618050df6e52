package scope

import (
	"context"
	"slices"
)

// Traces makes one Trace of several, such as a log and metrics. Each decision is
// told to them in the order given. Nil ones are left out. Without any func in
// them the result has none, and costs nothing. The list is copied. A panic in
// one of them keeps those after it from being called.
func Traces(list ...*Trace) *Trace {
	list = slices.DeleteFunc(slices.Clone(list), func(t *Trace) bool { return t == nil })
	return &Trace{
		Allowed: inTurn(list, func(t *Trace) observer { return t.Allowed }),
		Refused: inTurn(list, func(t *Trace) observer { return t.Refused }),
	}
}

// observer is the type of the funcs in a Trace.
type observer = func(context.Context, Decision)

// inTurn is nil if there is nothing to call.
func inTurn(list []*Trace, of func(*Trace) observer) observer {
	var calls []observer
	for _, t := range list {
		if call := of(t); call != nil {
			calls = append(calls, call)
		}
	}
	switch len(calls) {
	case 0:
		return nil
	case 1:
		return calls[0]
	default:
		return func(ctx context.Context, d Decision) {
			for _, call := range calls {
				call(ctx, d)
			}
		}
	}
}
