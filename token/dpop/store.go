package dpop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postern-go/postern/internal/rejection"
)

// store is a ReplayStore as a Checker uses it: with a timeout, and with every
// failure as the same reason.
type store struct {
	ReplayStore
	ttl, timeout time.Duration
	tooSlow      error
	own          bool // it answers at once
}

func newStore(c Config) store {
	_, own := c.Store.(*MemoryStore)
	tooSlow := fmt.Errorf("no answer within %v (see dpop.Config.StoreTimeout)", c.StoreTimeout)
	return store{c.Store, c.ttl(), c.StoreTimeout, tooSlow, own}
}

// errReplay and errTooEarly do not depend on the proof.
var (
	errReplay   = &rejection.Error{Reason: rejection.Replay, Claim: "proof jti", Got: "known", Want: "a new proof for each call"}
	errTooEarly = &rejection.Error{
		Reason: rejection.ReplayStoreUnavailable, Claim: "proof iat", Got: "before the replay store began",
		Want: "a proof made since, as no other can be told from a replay", Setting: "dpop.MemoryStoreConfig.AcceptProofsBeforeStart",
	}
)

// moment is when a proof was made. The iat of a proof is not exact: it is cut to the
// second, and what the clock of the client says.
type moment struct {
	time  time.Time
	exact bool
}

// use returns nil if a proof that was made at a time is used for the first time. It
// also says since when the store remembers, if that is known.
func (s store) use(ctx context.Context, id [32]byte, made moment) (since time.Time, err error) {
	if !s.own {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.timeout, s.tooSlow)
		defer cancel()
	}
	first, since, err := s.ask(ctx, id, made)
	switch {
	case errors.Is(err, errTooEarly):
		return since, errTooEarly
	case errors.Is(err, errForgotten):
		return since, errForgotten
	case err != nil && context.Cause(ctx) == s.tooSlow:
		return since, unavailable(fmt.Errorf("%w: %w", s.tooSlow, err))
	case err != nil:
		return since, unavailable(err)
	case !first:
		return since, errReplay
	default:
		return since, nil
	}
}

func unavailable(cause error) error {
	return &rejection.Error{Reason: rejection.ReplayStoreUnavailable, Cause: cause}
}

// ask asks the store, and contains its panic: a gRPC server recovers from none.
func (s store) ask(ctx context.Context, id [32]byte, made moment) (first bool, since time.Time, err error) {
	ended := false
	defer func() {
		if !ended { // by a panic, or by runtime.Goexit, which goes on
			first, err = false, fmt.Errorf("the replay store did not return: %v", recover())
		}
	}()
	if s, ok := s.ReplayStore.(interface{ Since() time.Time }); ok {
		if since = s.Since(); made.before(since) {
			ended = true
			return false, since, errTooEarly
		}
	}
	if sinces, ok := s.ReplayStore.(sinceUser); ok {
		first, since, err = useSince(ctx, sinces, id, s.ttl, made)
	} else {
		first, err = s.Use(ctx, id, s.ttl)
	}
	if err != nil {
		_ = err.Error() // the methods of a nil pointer panic, and must do so here
	}
	ended = true
	return first, since, err
}

// before leaves out the second in which a store began, if the time is not exact:
// otherwise a service that has just started would refuse every call for up to a second.
func (m moment) before(since time.Time) bool {
	if !m.exact {
		since = since.Truncate(time.Second)
	}
	return m.time.Before(since)
}

type sinceUser interface {
	UseSince(ctx context.Context, id [32]byte, ttl time.Duration) (first bool, since time.Time, err error)
}

// errForgotten does not depend on the proof.
var errForgotten = &rejection.Error{
	Reason: rejection.ReplayStoreUnavailable, Claim: "proof iat", Got: "before the replay store forgot what it held",
	Want: "a proof made since, as no other can be told from a replay",
}

// useSince takes no proof that the store may have forgotten. One whose iat is of the
// very second in which the store began may be from before.
func useSince(ctx context.Context, s sinceUser, id [32]byte, ttl time.Duration, made moment) (bool, time.Time, error) {
	first, since, err := s.UseSince(ctx, id, ttl)
	if err == nil && first && made.time.Before(since) {
		return false, since, errForgotten
	}
	return first, since, err
}
