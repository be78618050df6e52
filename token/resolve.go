package token

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/pacing"
	"github.com/postern-go/postern/internal/rejection"
)

const (
	// failedPause is how long Resolve is not asked for an issuer after it failed.
	failedPause = time.Second
	// stalePause is the same if the issuer is served meanwhile.
	stalePause = 10 * time.Second
	// staleFactor is how many times KnownFor an issuer is served if Resolve fails.
	staleFactor = 2
	// maxRunning bounds the calls of Resolve that run at once, those included that
	// do not return when their context ends.
	maxRunning = 256
	// maxStrangers is how many may run when one begins for an issuer that is not
	// known. The others are for those that are: strangers who name issuers must
	// not keep their removal from being noticed.
	maxStrangers = maxRunning / 2
)

var (
	errTooMany = errors.New("too many issuers are being resolved (see ResolverConfig.NewPerSecond)")
	errTooSlow = errors.New("Resolve did not return in time (see ResolverConfig.ResolveTimeout)")
	errBusy    = errors.New("too many calls of Resolve have not returned")
)

// flight is one call of Resolve, which all callers that need it wait for. It
// has a context of its own: a caller that gives up takes nothing from the others.
// Its results are set before done is closed.
type flight struct {
	done  chan struct{}
	begun time.Time // what Resolve finds may be as old as this
	k     *known
	auth  Authenticator
	err   error
	over  bool // under Resolver.mu
}

// fromResolve finds the Authenticator of an issuer that is allowed by asking
// for it, unless the last answer still counts. forgotten is what
// Resolver.forgotten was before the rule was asked.
func (r *Resolver) fromResolve(ctx context.Context, issuer string, forgotten uint64) (*known, Authenticator, error) {
	f, k, auth, err := r.heldOrFlight(issuer, forgotten)
	if f == nil {
		return k, auth, err
	}
	select {
	case <-f.done:
		return f.k, f.auth, f.err
	case <-ctx.Done():
		return nil, nil, &rejection.Error{Reason: ErrUnavailable, Claim: "iss", Got: issuer, Cause: context.Cause(ctx)}
	}
}

// heldOrFlight returns what holds without waiting, or the flight to wait for.
func (r *Resolver) heldOrFlight(issuer string, forgotten uint64) (*flight, *known, Authenticator, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.config.Time()
	k, held := r.known.find(issuer, nil)
	if held != nil && held.fresh() {
		return nil, k, held.auth, nil
	}
	if _, ok := r.unknown.find(issuer, now); ok {
		return nil, nil, nil, unknownIssuer(issuer, nil)
	}
	f, err := r.flight(issuer, k, now, r.forgotten.Load() == forgotten)
	if held != nil && (held.failing || err != nil) && r.usable(held, now) {
		return nil, k, held.auth, nil // without waiting for what is known to fail
	}
	return f, nil, nil, err
}

// usable reports whether an Authenticator may serve while Resolve fails.
func (r *Resolver) usable(held *resolution, now time.Time) bool {
	return pacing.IsWithin(held.asked, now, staleFactor*r.config.KnownFor)
}

// flight returns the flight for an issuer, and starts one if none is under way.
// Its answer is of no use to later calls if the rule may refuse them.
func (r *Resolver) flight(issuer string, k *known, now time.Time, keep bool) (*flight, error) {
	if f := r.flights[issuer]; f != nil {
		return f, nil
	}
	if n, ok := r.failed.find(issuer, now); ok {
		return nil, unavailable(issuer, n.err, failedPause)
	}
	if r.running >= maxRunning || k == nil && r.running >= maxStrangers {
		return nil, unavailable(issuer, errBusy, failedPause)
	}
	if k == nil && !r.strangers.Take(now) {
		return nil, unavailable(issuer, errTooMany, time.Second)
	}
	issuer = strings.Clone(issuer) // a part of a token, which is not to be kept
	f := &flight{done: make(chan struct{}), begun: now}
	if keep {
		r.flights[issuer] = f
	}
	r.running++
	r.start(f, issuer)
	return f, nil
}

// start calls Resolve. At the end of its time the flight is over, even if
// Resolve does not heed its context.
func (r *Resolver) start(f *flight, issuer string) {
	ctx, cancel := context.WithTimeout(context.Background(), r.config.ResolveTimeout)
	stop := context.AfterFunc(ctx, func() { r.land(f, issuer, nil, errTooSlow) })
	go func() {
		err := errors.New("Resolve did not return") // by runtime.Goexit
		var auth Authenticator
		defer func() {
			stop()
			r.land(f, issuer, auth, err)
			cancel()
			r.mu.Lock()
			r.running--
			r.mu.Unlock()
		}()
		auth, err = r.call(ctx, issuer)
	}()
}

// call calls Resolve, contains its panic, and refuses an answer that is of no
// use.
func (r *Resolver) call(ctx context.Context, issuer string) (auth Authenticator, err error) {
	ended := false
	defer func() {
		if !ended { // by a panic, or by runtime.Goexit, which goes on
			auth, err = nil, fmt.Errorf("Resolve did not return: %v", recover())
		}
	}()
	auth, err = r.config.Resolve(ctx, issuer)
	if err != nil {
		_, _ = errors.Is(err, ErrIssuer), err.Error() // the methods of a nil pointer panic, and must do so here
	}
	ended = true
	if err != nil {
		return nil, &resolveError{err}
	}
	if nilcheck.Is(auth) {
		return nil, fmt.Errorf("Resolve returned %s and no error", nilcheck.Shown(auth))
	}
	if auth == Authenticator(r) {
		return nil, errors.New("Resolve returned the Resolver itself")
	}
	if v, ok := auth.(*Verifier); ok && v.rules.Issuer != issuer {
		return nil, fmt.Errorf("Resolve returned the Verifier of %q", v.rules.Issuer)
	}
	return auth, nil
}

// land ends a flight with the answer of Resolve. One that Forget has taken
// away changes nothing for later calls.
func (r *Resolver) land(f *flight, issuer string, auth Authenticator, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.over {
		return
	}
	f.over = true
	defer close(f.done)
	current := r.flights[issuer] == f
	if current {
		delete(r.flights, issuer)
	}
	switch {
	case err == nil && current:
		f.k, f.auth = r.known.put(issuer, newResolution(auth, nil, f.begun, r.config)), auth
	case err == nil:
		f.k, f.auth = &known{issuer: issuer}, auth
	case errors.Is(err, ErrIssuer) && !errors.Is(err, ErrUnavailable):
		f.err = unknownIssuer(issuer, err)
		if current {
			r.known.drop(issuer)
			r.unknown.add(issuer, f.begun, nil)
		}
	default:
		r.failure(f, issuer, err, current)
	}
}

// failure ends a flight without an answer. An issuer that is known is served for
// a while longer.
func (r *Resolver) failure(f *flight, issuer string, err error, current bool) {
	f.err = unavailable(issuer, err, failedPause)
	if !current {
		return
	}
	now := r.timeOr(f.begun)
	k, held := r.known.find(issuer, nil)
	if k == nil || !r.usable(held, now) {
		r.failed.add(issuer, now, err)
		return
	}
	old := *held
	old.failing = true
	old.good = min(pacing.Elapsed(old.asked, now)+stalePause, staleFactor*r.config.KnownFor)
	k.holds.Store(&old)
	f.k, f.auth, f.err = k, old.auth, nil
}

// timeOr is the time, or otherwise if the clock of the program panics: no server
// recovers in the goroutine of a flight.
func (r *Resolver) timeOr(otherwise time.Time) (now time.Time) {
	now = otherwise
	defer func() { _ = recover() }()
	return r.config.Time()
}

func unknownIssuer(issuer string, cause error) error {
	return &rejection.Error{Reason: ErrIssuer, Claim: "iss", Got: issuer, Want: "an issuer that Resolve knows", Setting: "ResolverConfig.Resolve", Cause: cause}
}

// unavailable is the failure to resolve an issuer, with the time to come again
// unless err has one.
func unavailable(issuer string, err error, after time.Duration) error {
	var known interface{ RetryAfter() time.Duration }
	if !errors.As(err, &known) {
		err = &pacing.Later{Err: err, After: after}
	}
	return &rejection.Error{Reason: ErrUnavailable, Claim: "iss", Got: issuer, Cause: err}
}

// resolveError is an error of Resolve. It does not match the errors of contexts:
// callers would take the end of a flight, or of a query of the program, for that
// of their own call, which is no outage.
type resolveError struct{ err error }

func (e *resolveError) Error() string { return e.err.Error() }
func (e *resolveError) Is(target error) bool {
	return target != context.Canceled && target != context.DeadlineExceeded && errors.Is(e.err, target)
}
func (e *resolveError) As(target any) bool { return errors.As(e.err, target) }
