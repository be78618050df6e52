package jwks

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/contain"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/metadata"
	"github.com/postern-go/postern/internal/pacing"
)

// Remote is a Source of the keys that an issuer publishes. It fetches on demand
// and in the background while it is in use, never otherwise, so it needs no
// Close: no goroutine outlives its fetch. Its methods may be called
// concurrently. Make one for each issuer with NewRemote and keep it.
//
// What it promises, with the defaults of RemoteConfig:
//
//   - A key announced ahead is held before it signs. One that signs unannounced
//     is fetched once, by the first call that meets it, which waits for it as do
//     all others that need it.
//   - A withdrawn key is not used past the lifetime of the set it was in, as
//     long as the issuer can be reached. A process that has been idle asks
//     before it uses what it holds.
//   - While the issuer cannot be reached, or answers anything but a set with a
//     usable key, the last good set serves for up to 24 hours after its last
//     confirmation, and then none does: ErrUnavailable, never ErrNotFound.
//   - Once the issuer is back, calls that lacked a key are served within ten
//     seconds, no matter how long it was away and what it asked for meanwhile.
//   - Kids that the issuer does not publish cost it two requests a minute, and
//     three if they are made to cost more. A key that is not announced is
//     refused for 30 seconds at the longest, no matter which tokens are sent
//     meanwhile, and for a minute if it was asked for before it was published.
//   - Bad signatures cost at most one request a minute, which finds a key that was
//     replaced under its kid: see Reconsider.
type Remote struct {
	config  RemoteConfig
	now     func() time.Time
	hooks   *hooks
	panics  contain.Panics
	origins origins // used by the current flight

	state  atomic.Pointer[state]
	flight atomic.Pointer[flight]
	mu     sync.Mutex // held to change state and flight, and for budget
	budget budget
}

// NewRemote returns a Remote for the settings in cfg. It makes no request, so
// an issuer that is down does not keep a service from starting. An error
// matches ErrConfig.
func NewRemote(cfg RemoteConfig) (*Remote, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &Remote{config: cfg.clone(), now: cfg.time(), budget: newBudget(cfg.refetchInterval())}
	r.hooks = newHooks(cfg.Trace, &r.panics)
	r.config.Jitter = containedJitter(cfg.Jitter, &r.panics)
	r.origins = newOrigins(&r.config, r.hooks)
	r.config.Proxy = fetch.ShownProxy(cfg.Proxy) // from here on for Status, and for anyone who prints a Remote
	r.state.Store(&state{set: r.takeOver(cfg.Snapshot)})
	return r, nil
}

func newOrigins(c *RemoteConfig, h *hooks) origins {
	client := newClient(c, h)
	issuer := metadata.Issuer{ID: c.Issuer, DiscoverAt: c.DiscoverAt, SameHost: c.SameHost, Client: client, Settings: settings}
	return origins{config: c, client: client, discovery: discovery{issuer: issuer, trace: h}}
}

// newClient returns the client that fetches, with its hooks.
func newClient(c *RemoteConfig, h *hooks) *fetch.Client {
	f := c.fetching()
	f.Hooks = fetch.Hooks{Start: h.fetchStart, Done: func(d fetch.Done) { h.fetchDone(FetchDone(d)) }}
	return fetch.New(*f)
}

// Keys returns the keys published under kid, or every key if kid is empty or the
// issuer gives none of its keys a kid (RFC 7517 §4.5 leaves that to it).
// Several keys may share a kid: the caller tries each.
//
// For a kid that is held it returns at once, without lock or allocation,
// except when nothing is held yet or the set has expired: then it waits for one
// fetch, shared with all other calls. For a kid that is not held it waits for a
// fetch too if the budget allows one. When ctx ends first, it returns an error
// that matches ErrUnavailable and the error of ctx, and the fetch goes on for
// the others.
//
// An error matches ErrNotFound if the issuer did not publish such a key when it
// last answered. It matches ErrUnavailable, and says why, only while the issuer
// fails: if nothing is held, or if the kid is not held and was asked for again
// since the last answer, or in the first minute of the outage. Such an error
// has a method RetryAfter, as Source.Keys says: the time until the next
// attempt, which is never more than ten seconds unless the kid was looked for
// before. If a kid is published with a key that cannot be used, ErrNotFound
// says so. The text is for operators.
func (r *Remote) Keys(ctx context.Context, kid string) ([]Key, error) {
	st := r.state.Load()
	now := r.now() // after the state: a set is never from the future
	if st.fresh(now) {
		if keys := st.set.lookup(kid); keys != nil {
			return keys, nil
		}
	}
	keys, err := r.seek(ctx, kid, st, now)
	return keys, r.state.Load().explain(kid, err)
}

// Ready returns nil if usable keys are held, and otherwise waits for one
// attempt to fetch them. Use it to warm up at the start or in a readiness
// probe. Keys that serve in an outage count: Status tells those apart. An error
// matches ErrUnavailable; while failures hold further attempts back, it comes
// at once.
func (r *Remote) Ready(ctx context.Context) error {
	_, err := r.Keys(ctx, "")
	return err
}

// maxFlights is how many flights one call waits for: one that had begun before
// the call, and one that began after.
const maxFlights = 2

// seek is Keys off the fast path. It looks at st as of now, waits for a flight
// if that can improve the answer, and repeats that until it has an answer.
func (r *Remote) seek(ctx context.Context, kid string, st *state, now time.Time) ([]Key, error) {
	s := search{remote: r, kid: kid}
	for {
		keys, f, err := s.look(st, now)
		if f == nil {
			return keys, err
		}
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
		st = r.state.Load()
		now = r.now()
	}
}

// search is one call on its way to an answer.
type search struct {
	remote  *Remote
	kid     string
	flights int      // waited for
	asked   bool     // one of them began after the call
	is      standing // of the kid, once the budget was asked
}

// look answers from the state, or returns a flight to wait for.
func (s *search) look(st *state, now time.Time) ([]Key, *flight, error) {
	keys := st.lookup(s.kid)
	switch st.phase(now) {
	case phaseEmpty:
		f, err := s.whenEmpty(st, now)
		return nil, f, err
	case phaseExpired:
		if f := s.whenExpired(st, now); f != nil {
			return nil, f, nil
		}
		if keys != nil {
			s.remote.hooks.stale(pacing.Elapsed(st.set.at, now))
		}
	case phaseAhead:
		s.remote.refresh(st, CauseAhead, now)
	}
	if keys != nil {
		return keys, nil, nil
	}
	f, err := s.whenUnknown(st, now)
	return nil, f, err
}

// whenEmpty fetches, unless that has just failed.
func (s *search) whenEmpty(st *state, now time.Time) (*flight, error) {
	if st.failure.holdsBack(now) || s.flights > 0 && st.failure != nil {
		return nil, st.failure.notNow(st.failure.wait, now)
	}
	if s.flights >= maxFlights {
		return nil, errTooOld
	}
	return s.join(s.remote.launch(st, CauseEmpty)), nil
}

// errTooOld is for a clock that jumps: without it, a call would fetch for as long
// as its context lasts.
var errTooOld = &pacing.Later{Err: fmt.Errorf("%w: each set is too old once it is fetched (see RemoteConfig.Time)", ErrUnavailable), After: leastRetry}

// whenExpired fetches before anything is used. The stale set is used meanwhile
// only if the issuer is known to be failing. A set that the call has waited for
// is used even if time has run so fast that it is expired again.
func (s *search) whenExpired(st *state, now time.Time) *flight {
	if s.flights >= maxFlights {
		return nil
	}
	if st.failure.current(now) {
		s.remote.refresh(st, CauseExpired, now)
		return nil
	}
	return s.join(s.remote.launch(st, CauseExpired))
}

// whenUnknown is for a kid that is not held although there are keys.
func (s *search) whenUnknown(st *state, now time.Time) (*flight, error) {
	r := s.remote
	if s.asked || s.flights >= maxFlights {
		return nil, st.failure.verdict(s.is, now, r.budget.interval)
	}
	f, own, is := r.launchFor(s.kid, st, now)
	s.is = is
	if f != nil {
		return s.join(f, own), nil
	}
	if !st.failure.holdsBackUnknown(now, r.budget.interval) {
		r.hooks.budget()
	}
	return nil, st.failure.verdict(is, now, r.budget.interval)
}

// join counts the flight that the call is about to wait for.
func (s *search) join(f *flight, own bool) *flight {
	if f != finished {
		s.flights++
	}
	s.asked = s.asked || own
	return f
}

// refresh starts a flight that no call waits for, unless one is in flight or has
// just failed.
func (r *Remote) refresh(st *state, cause Cause, now time.Time) {
	if r.flight.Load() == nil && !st.failure.holdsBackRefresh(now) {
		r.launch(st, cause)
	}
}

var _ Source = (*Remote)(nil)
