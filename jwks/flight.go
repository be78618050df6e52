package jwks

import (
	"context"
	"time"

	"github.com/postern-go/postern/internal/contain"
	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/pacing"
)

// flight is one attempt to fetch, shared by every call that needs it ("single
// flight"). It runs on a goroutine that ends with it, under a timeout of its
// own: a caller that leaves does not cancel it for the others.
type flight struct {
	cause Cause
	began time.Time // written and read by its goroutine
	done  chan struct{}
}

// finished is a flight that is over. A call that waits for it looks at the
// current state again.
var finished = func() *flight {
	f := &flight{done: make(chan struct{})}
	close(f.done)
	return f
}()

// wait returns when the flight is over or ctx ends.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	default:
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return &pacing.Later{Err: unavailable(ctx.Err()), After: leastRetry}
	}
}

// launch starts a flight, or finds the one in flight; own tells which. seen is
// the state on which the decision to fetch was made. If it has been replaced,
// another call has just fetched.
func (r *Remote) launch(seen *state, cause Cause) (f *flight, own bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.inFlight(seen); f != nil {
		return f, false
	}
	return r.start(&flight{cause: cause}), true
}

// launchFor is launch for a kid that is not held. It returns no flight if the
// budget allows none, or if one has just failed.
func (r *Remote) launchFor(kid string, seen *state, now time.Time) (f *flight, own bool, is standing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.inFlight(seen); f != nil {
		return f, false, askedOnce
	}
	is, allowed := r.budget.allow(kid, seen, now)
	if !allowed {
		return nil, false, is
	}
	return r.start(&flight{cause: CauseUnknownKey}), true, is
}

// inFlight returns the flight to wait for instead of another one, or nil.
func (r *Remote) inFlight(seen *state) *flight {
	if f := r.flight.Load(); f != nil {
		return f
	}
	if r.state.Load() != seen {
		return finished
	}
	return nil
}

func (r *Remote) start(f *flight) *flight {
	f.done = make(chan struct{})
	r.flight.Store(f)
	go r.run(f)
	return f
}

// run fetches and finishes the flight, even after a panic, which becomes a failed
// fetch: this goroutine serves no request, so no server would recover for it, and
// it parses bytes from the network.
func (r *Remote) run(f *flight) {
	defer close(f.done)
	got, err := fetched{}, ErrPanic // unless the fetch returns
	defer func() {
		if p := recover(); p != nil {
			err = contain.Error(ErrPanic, p)
		}
		event := r.finish(f, got, evidence.OneLine(err))
		r.hooks.skip(got.set.Skipped)
		r.hooks.refresh(event)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), r.config.roundTimeout())
	defer cancel()
	f.began = r.now()
	got, err = r.origins.fetch(ctx, f.cause, r.state.Load().set)
}

// finish completes the flight, or aborts it if that panics, as the user's clock
// may make it do: every later call would wait for a flight that never ends.
func (r *Remote) finish(f *flight, got fetched, err error) (event Refresh) {
	completed := false
	defer func() {
		if !completed {
			event = r.abort(f, contain.Error(ErrPanic, recover()))
		}
	}()
	event = r.complete(f, got, err)
	completed = true
	return event
}

// abort ends a flight without calling any code of the user's.
func (r *Remote) abort(f *flight, err error) Refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	failure := &failure{cause: err, err: unavailable(err), count: 1}
	r.state.Store(&state{set: r.state.Load().set, failure: failure})
	r.flight.Store(nil)
	return Refresh{Cause: f.cause, Err: err, Failures: failure.count}
}

// complete replaces the state by the result of the flight. Nothing else replaces
// it meanwhile: there is one flight at a time.
func (r *Remote) complete(f *flight, got fetched, err error) Refresh {
	before, now := r.state.Load(), r.now()
	after, event := &state{set: before.set}, Refresh{Cause: f.cause}
	var added, removed []Key
	if err != nil {
		after.failure = r.failed(before, err, pacing.Elapsed(f.began, now), now)
		after.failure.skipped = got.set.Skipped
		event.Err, event.Failures, event.RetryAfter = err, after.failure.count, after.failure.refreshWait
	} else {
		after.set = got.apply(before.set, r.config.terms(got.lifetime))
		added, removed = changes(before.lookup(""), after.set.all)
		event.Added, event.Removed = namesOf(added), namesOf(removed)
		event.URL, event.NotModified, event.Lifetime = got.origin.url, got.notModified, got.lifetime
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.budget.fetched(removed)
	}
	r.state.Store(after)
	r.flight.Store(nil)
	return event
}
