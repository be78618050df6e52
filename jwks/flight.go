package jwks

import (
	"context"
	"time"

	"github.com/postern-go/postern/internal/evidence"
)

// flight is one attempt to fetch, shared by every call that needs it. It runs
// on a goroutine of its own that ends with it, and its time is its own: a
// caller that leaves does not take it down for the others.
type flight struct {
	cause Cause
	began time.Time // written and read by its goroutine
	done  chan struct{}
}

// landed is a flight that is over before it began: whoever waits for it looks
// at the current state again.
var landed = func() *flight {
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
		return &later{unavailable(ctx.Err()), leastRetry}
	}
}

// launch starts a flight, or finds the one that is under way; own tells which.
// seen is the view that the decision to fetch was made on: if it is not current
// any more, another call has just fetched.
func (r *Remote) launch(seen *view, cause Cause) (f *flight, own bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.underWay(seen); f != nil {
		return f, false
	}
	return r.takeOff(&flight{cause: cause}), true
}

// launchFor is launch for a kid that is not held. It returns no flight if the
// budget allows none, or if one has just failed.
func (r *Remote) launchFor(kid string, seen *view, now time.Time) (f *flight, own bool, is standing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.underWay(seen); f != nil {
		return f, false, askedOnce
	}
	is, allowed := r.budget.allow(kid, seen, now)
	if !allowed {
		return nil, false, is
	}
	return r.takeOff(&flight{cause: CauseUnknownKey}), true, is
}

func (r *Remote) underWay(seen *view) *flight {
	if f := r.flight.Load(); f != nil {
		return f
	}
	if r.view.Load() != seen {
		return landed
	}
	return nil
}

func (r *Remote) takeOff(f *flight) *flight {
	f.done = make(chan struct{})
	r.flight.Store(f)
	go r.fly(f)
	return f
}

// fly fetches and lands, whatever happens on the way. A panic becomes a failed
// fetch: this goroutine serves no request, so no server would recover for it,
// and what it parses comes from the network.
func (r *Remote) fly(f *flight) {
	defer close(f.done)
	got, err := fetched{}, ErrPanic // unless the fetch comes to its end
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
		event := r.touchDown(f, got, evidence.OneLine(err))
		r.hooks.skip(got.set.Skipped)
		r.hooks.refresh(event)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), r.config.roundTimeout())
	defer cancel()
	f.began = r.now()
	got, err = r.origins.fetch(ctx, f.cause, r.view.Load().set)
}

// touchDown lands, and if that panics, as the user's clock may make it do, ends
// the flight all the same: one that never ended would be waited for by every
// call from then on.
func (r *Remote) touchDown(f *flight, got fetched, err error) (event Refresh) {
	landed := false
	defer func() {
		if !landed {
			event = r.crash(f, panicked(recover()))
		}
	}()
	event = r.land(f, got, err)
	landed = true
	return event
}

// crash ends a flight without any code of the user's.
func (r *Remote) crash(f *flight, err error) Refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	failure := &failure{cause: err, err: unavailable(err), count: 1}
	r.view.Store(&view{set: r.view.Load().set, failure: failure})
	r.flight.Store(nil)
	return Refresh{Cause: f.cause, Err: err, Failures: failure.count}
}

// land replaces the view by what the flight brought. Nobody else replaces it
// meanwhile: there is one flight at a time.
func (r *Remote) land(f *flight, got fetched, err error) Refresh {
	before, now := r.view.Load(), r.now()
	after, event := &view{set: before.set}, Refresh{Cause: f.cause}
	var added, removed []Key
	if err != nil {
		after.failure = r.failed(before, err, elapsed(f.began, now), now)
		after.failure.skipped = got.set.Skipped
		event.Err, event.Failures, event.RetryAfter = err, after.failure.count, after.failure.rest
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
	r.view.Store(after)
	r.flight.Store(nil)
	return event
}
