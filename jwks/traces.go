package jwks

import "time"

// Traces makes one Trace of several, such as a log and metrics. Each event is
// told to them in the order given. Nil ones are left out. A panic in a hook
// keeps those after it from being called for that event.
func Traces(list ...*Trace) *Trace {
	return &Trace{
		FetchStart: inTurn(list, func(t *Trace) func(string) { return t.FetchStart }),
		FetchDone:  inTurn(list, func(t *Trace) func(FetchDone) { return t.FetchDone }),
		Discovered: inTurn(list, func(t *Trace) func(Discovered) { return t.Discovered }),
		Refresh:    inTurn(list, func(t *Trace) func(Refresh) { return t.Refresh }),
		Skip:       inTurn(list, func(t *Trace) func(Skipped) { return t.Skip }),
		Budget:     withoutAbout(inTurn(list, func(t *Trace) func(struct{}) { return withAbout(t.Budget) })),
		Stale:      inTurn(list, func(t *Trace) func(time.Duration) { return t.Stale }),
		Snapshot:   inTurn(list, func(t *Trace) func(error) { return t.Snapshot }),
	}
}

// inTurn is nil if there is no hook to call.
func inTurn[T any](list []*Trace, of func(*Trace) func(T)) func(T) {
	var hooks []func(T)
	for _, t := range list {
		if t == nil {
			continue
		}
		if hook := of(t); hook != nil {
			hooks = append(hooks, hook)
		}
	}
	if len(hooks) == 0 {
		return nil
	}
	return func(about T) {
		for _, hook := range hooks {
			hook(about)
		}
	}
}

// withAbout and withoutAbout let the one hook that is about nothing pass
// through inTurn.
func withAbout(hook func()) func(struct{}) {
	if hook == nil {
		return nil
	}
	return func(struct{}) { hook() }
}

func withoutAbout(hook func(struct{})) func() {
	if hook == nil {
		return nil
	}
	return func() { hook(struct{}{}) }
}
