package introspect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/contain"
	"github.com/postern-go/postern/internal/pacing"
	"github.com/postern-go/postern/internal/rejection"
)

// flights are the requests under way, one for each token. Each has a context of its own: a
// caller that leaves takes nothing from the others, and the first is no different.
type flights struct {
	begun atomic.Uint64 // how many there have been
	mu    sync.Mutex
	of    map[key]*flight
}

// flight is one request that all callers with its token wait for. Its results are set
// before done is closed.
type flight struct {
	number uint64
	pass   pass
	done   chan struct{}
	found  *found
	err    error
	// landed says that it was over when it was looked for, with this verdict.
	landed bool
	set    *claims.Set
}

// found is an answer about a good token. It is immutable.
type found struct {
	lasting
	fresh  claims.Set // for the calls that it was asked for
	shared claims.Set // for later ones
}

// refused is a verdict against a token.
type refused struct {
	lasting
	err error
}

// recall returns the remembered verdict on a token, or nothing.
func (a *Authenticator) recall(k *key, now time.Time) (*claims.Set, error) {
	if f, ok := a.good.get(k); ok && pacing.IsWithin(f.at, now, f.keep) {
		if err := a.checks.Rules().CheckAgain(&f.shared, now); err == nil {
			return &f.shared, nil
		}
		return nil, nil // a clock has jumped: the issuer knows better
	}
	if r, _ := a.bad.get(k); pacing.IsWithin(r.at, now, r.keep) {
		return nil, r.err
	}
	return nil, nil
}

// fly waits for an answer that is asked for now. A call that wants a fresh one is content
// with a request that has begun after it.
func (a *Authenticator) fly(ctx context.Context, k key, raw string, fresh bool) (*claims.Set, error) {
	before := a.flights.begun.Load()
	for {
		f, why, wait := a.launch(k, raw, fresh)
		if why != "" {
			a.hooks.shed(why)
			return a.stale(&k, fresh, unavailable(a.whyShed(why), wait))
		}
		if f.landed {
			return f.set, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, unavailable(context.Cause(ctx), time.Second)
		}
		switch late := f.number > before; {
		case fresh && !late:
			continue
		case f.err != nil:
			return a.stale(&k, fresh, f.err)
		case late:
			return &f.found.fresh, nil
		default:
			return &f.found.shared, nil
		}
	}
}

// launch begins a flight, or finds the one under way, or the verdict of one that has ended
// since the caller looked. Or else it says why no request may be made.
func (a *Authenticator) launch(k key, raw string, fresh bool) (f *flight, why Shed, wait time.Duration) {
	now, current := a.now(), a.keyNow(raw)
	a.flights.mu.Lock()
	defer a.flights.mu.Unlock()
	if f := a.flights.of[k]; f != nil {
		return f, "", 0
	}
	if set, err := a.recall(current, now); !fresh && (set != nil || err != nil) {
		return &flight{landed: true, set: set, err: err}, "", 0
	}
	_, known := a.good.get(current)
	p, why, wait := a.gate.enter(known, now)
	if why != "" {
		return nil, why, wait
	}
	f = &flight{number: a.flights.begun.Add(1), pass: p, done: make(chan struct{})}
	a.flights.of[k] = f
	go a.run(f, k, raw)
	return f, "", 0
}

// keyNow is the key of a token at the endpoint that is known now.
func (a *Authenticator) keyNow(raw string) *key {
	k := keyOf(raw, &a.endpoint.current.Load().asked)
	return &k
}

// run makes the request and ends the flight, even after a panic of code that belongs to the
// program: this goroutine serves no request, so that no server would recover for it.
func (a *Authenticator) run(f *flight, k key, raw string) {
	defer close(f.done)
	defer func() {
		a.flights.mu.Lock()
		defer a.flights.mu.Unlock()
		delete(a.flights.of, k)
	}()
	f.err = unavailable(errPanic, time.Second) // unless the rest returns
	left := false
	defer func() {
		if p := recover(); p != nil {
			f.err = unavailable(contain.Error(errPanic, p), time.Second)
		}
		if !left {
			a.gate.leave(f.pass, &reply{err: errPanic}, false, time.Now())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), a.patience)
	defer cancel()
	r := a.ask(ctx, raw)
	var err error
	f.found, err = a.land(raw, &r)
	now := a.now()
	left = true
	event, wait := a.gate.leave(f.pass, &r, f.found != nil, now)
	if r.err != nil {
		err = unavailable(r.err, wait)
	}
	f.err = err
	a.hooks.after(&r, event)
}

// land judges an answer and remembers the verdict. Without an answer it does nothing.
func (a *Authenticator) land(raw string, r *reply) (*found, error) {
	if r.err != nil {
		return nil, nil
	}
	k := keyOf(raw, &r.from.asked) // which was not known before, or has moved
	set, err := a.verdict(r)
	if err != nil {
		a.good.remove(&k)
		a.rememberBad(k, r, err)
		return nil, err
	}
	left := time.Unix(set.Expiry, 0).Sub(r.at)
	f := &found{lasting: lasting{r.at, min(a.goodFor, left)}, fresh: *set}
	f.fresh.Fresh = true
	f.shared.Remember(set)
	a.bad.remove(&k)
	if a.goodFor > 0 {
		a.good.put(k, f, sizeOf(set))
	}
	return f, nil
}

// verdict is that of an answer.
func (a *Authenticator) verdict(r *reply) (*claims.Set, error) {
	switch {
	case r.refused != "":
		return nil, &rejection.Error{Reason: rejection.Inactive, Claim: "error", Got: r.refused, Want: "an answer about the token"}
	case !r.active:
		return nil, errInactive
	}
	var fault error
	set, ok := a.judge(r.claims, func(_ string, err error) bool { fault = err; return err == nil })
	if !ok {
		return nil, fault
	}
	return set, nil
}

var errInactive = &rejection.Error{Reason: rejection.Inactive, Want: "active to be true: the token is unknown to the issuer, expired or revoked"}

// rememberBad keeps a verdict against a token, but for one that time will change. It keeps
// the text of an error, and not what the text was made of, which may be an answer of any
// length.
func (a *Authenticator) rememberBad(k key, r *reply, err error) {
	if a.badFor <= 0 || errors.Is(err, rejection.NotYetValid) {
		return
	}
	kept, size := error(errInactive), 0
	if err != kept {
		text := fixed{text: err.Error()}
		_ = errors.As(err, &text.reason)
		kept, size = &text, len(text.text)+64
	}
	a.bad.put(k, refused{lasting{r.at, a.badFor}, kept}, size)
}

// fixed is a rejection with its text made.
type fixed struct {
	reason *rejection.Sentinel
	text   string
}

func (f *fixed) Error() string { return f.text }
func (f *fixed) Unwrap() error { return f.reason }

// sizeOf is about how many bytes a found takes besides the overhead.
func sizeOf(set *claims.Set) int {
	size := 512 + len(set.JSON) + 16*(cap(set.Scopes)+cap(set.Audience)) + set.Circumstances.Size()
	for _, list := range set.Sets {
		size += 24 + 16*cap(list)
	}
	return size + size/5 // the runtime rounds up
}

// stale is the answer to a call that the issuer does not give one: err, or for a while the
// last good one, if the settings say so.
func (a *Authenticator) stale(k *key, fresh bool, err error) (*claims.Set, error) {
	if fresh || a.staleFor <= 0 || !errors.Is(err, rejection.Unavailable) {
		return nil, err
	}
	now := a.now()
	f, ok := a.good.get(k)
	if !ok || !pacing.IsWithin(f.at, now, a.goodFor+a.staleFor) || a.checks.Rules().CheckAgain(&f.shared, now) != nil {
		return nil, err
	}
	a.hooks.stale(pacing.Elapsed(f.at, now))
	return &f.shared, nil
}

var (
	errPanic  = errors.New("introspect: the request panicked")
	errFull   = errors.New("introspect: too many requests are under way (see Config.MaxInFlight)")
	errSpent  = errors.New("introspect: too many tokens are not known to be good (see Config.UnknownPerSecond)")
	errPaused = errors.New("introspect: the endpoint has failed, and is asked again in a while")
)

// whyShed is the reason in words.
func (a *Authenticator) whyShed(why Shed) error {
	switch why {
	case ShedInFlight:
		return errFull
	case ShedUnknown:
		return errSpent
	}
	if l, _ := a.gate.worse(); l.last != nil {
		return fmt.Errorf("%w: %w", errPaused, l.last)
	}
	return errPaused
}

// unavailable is the error for a call without a verdict.
func unavailable(cause error, wait time.Duration) error {
	return &rejection.Error{Reason: rejection.IntrospectionUnavailable, Cause: &pacing.Later{Err: cause, After: max(wait, time.Second)}}
}
