package introspect

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// gate decides whether a request may be made now: the endpoint is not known to be down,
// there is room, and strangers have not spent what they may cost.
type gate struct {
	most int // requests at once

	mu       sync.Mutex
	inFlight int
	unknown  int // of these, for tokens that are not known to have been good
	rate     *pacing.Rate
	lanes    [2]lane // for unknown tokens, and for those known
}

func newGate(most, perSecond int, now time.Time) *gate {
	return &gate{most: most, rate: pacing.NewRate(perSecond, now)}
}

// pass is the leave to make one request.
type pass struct {
	known bool
	era   int
}

func (p pass) lane() int {
	if p.known {
		return 1
	}
	return 0
}

// enter returns a pass, which has to be given back, or why it gives no pass, and for how
// long.
func (g *gate) enter(known bool, now time.Time) (p pass, why Shed, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p.known = known
	l := &g.lanes[p.lane()]
	switch wait = l.closedFor(now); {
	case wait > 0:
		return p, ShedOutage, max(wait, time.Second)
	case g.inFlight >= g.most, !known && g.unknown >= max(g.most/2, 1):
		return p, ShedInFlight, time.Second
	case !known && !g.rate.Take(now):
		return p, ShedUnknown, time.Second
	}
	p.era = l.enter()
	g.inFlight++
	if !known {
		g.unknown++
	}
	return p, "", 0
}

// leave gives a pass back, with what came of the request. good says that the token is. It
// returns the event to tell, or nil, and the time after which a call is worth trying again.
func (g *gate) leave(p pass, r *reply, good bool, now time.Time) (event *Outage, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	if !p.known {
		g.unknown--
		if good {
			g.rate.Return() // what strangers may cost is for tokens that are refused
		}
	}
	l := &g.lanes[p.lane()]
	switch {
	case r.puzzling:
		l.neutral(p.era)
		wait = time.Second
	case r.err != nil:
		jitter := rand.Float64()
		closes := l.fail(p.era, r, now, jitter)
		if r.ours { // it is the same for all tokens
			other := &g.lanes[1-p.lane()]
			other.fail(other.era, r, now, jitter)
		}
		wait = max(l.closedFor(now), time.Second)
		if closes {
			event = &Outage{Failures: l.failures, Since: l.since, RetryAfter: wait, Err: r.err}
		}
	case r.refused != "":
		l.neutral(p.era)
	case l.succeed(p.era):
		event = &Outage{Over: true}
	}
	return event, wait
}

// worse is the lane that is worse off, and the number of requests under way.
func (g *gate) worse() (l lane, inFlight int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l = g.lanes[1]
	if other := g.lanes[0]; other.failures > l.failures {
		l = other
	}
	return l, g.inFlight
}
