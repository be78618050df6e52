package jwks

import (
	"context"
	"time"

	"github.com/postern-go/postern/internal/contain"
	"github.com/postern-go/postern/internal/fetch"
)

// For tests of what cannot be reached from outside.

// Fetch fetches from url as a Remote of that configuration does.
func Fetch(c RemoteConfig, url string) error {
	_, err := newClient(&c, newHooks(nil, &contain.Panics{})).Get(context.Background(), fetch.Query{Target: fetch.Target{URL: url}})
	return err
}

// Settle waits for the current flight, if there is one.
func Settle(r *Remote) {
	if f := r.flight.Load(); f != nil {
		<-f.done
	}
}

// Holds tells whether r holds a key of that id, at no cost to its budget.
func Holds(r *Remote, kid string) bool { return r.state.Load().lookup(kid) != nil }

// Fresh tells whether the fast path takes a set of that age, by the monotonic
// clock and by the wall clock, which differ after a sleep of the machine and no
// time of package time shows.
func Fresh(monotonic, wall, ahead time.Duration) bool {
	now := time.Now()
	set := &keySet{at: now.Add(-monotonic), wall: now.Add(-wall).UnixNano(), terms: terms{ahead: ahead}}
	return (&state{set: set}).fresh(now)
}
