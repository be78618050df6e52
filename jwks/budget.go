package jwks

import (
	"hash/maphash"
	"time"
)

// The budget decides whether a kid that the held set does not have is worth a
// request to the issuer. It has to serve two masters: a key that signs from the
// moment it is published must be fetched by the very call that meets it, and
// kids cost nothing to invent.
//
//   - One fetch per interval is free to any kid not held. A fetch that fails is
//     given back (backoff spares the issuer then), and so is one that brought a
//     new key, since nobody but the issuer can make that happen; the latter at
//     most giftCount times in spareIntervals, for the case of an issuer whose
//     servers disagree.
//   - A kid that a fetch has looked for in vain waits for itself: one interval,
//     then twice that, up to longestWait intervals. So a client that keeps
//     sending a token of a retired key leaves the budget to others.
//   - While the budget is spent, one more fetch is kept for a kid that crowdSize
//     calls have asked for since the last fetch. A rotation looks like that, and
//     a flood of random kids does not, however large it is. There is one such
//     fetch in spareIntervals.
//
// What this bounds: garbage costs the issuer one fetch per interval and one
// more per spareIntervals. Keys that are announced ahead come with the ordinary
// refresh, which no budget concerns. A key that signs unannounced right after
// somebody's garbage has spent the budget is refused until the crowdSize-th
// call that asks for it, or the end of the interval if the spare is spent too,
// which takes a garbage kid repeated. One case is worse: a kid that was asked for
// before its key was published waits for itself, up to longestWait intervals or
// the next refresh. Whoever can guess the kid of an unannounced key can cause
// that, so kids should not be guessable, or keys be announced.
//
// Memory is bounded: the kids are kept as hashes, at most missingCount of them.
type budget struct {
	interval time.Duration
	free     pace
	spare    pace
	gifts    pace
	missing  missing
	crowd    crowd
	seed     maphash.Seed
}

const (
	spareIntervals = 10
	giftCount      = 3
	crowdSize      = 8
	longestWait    = 8 // intervals
	missingCount   = 256
)

func newBudget(interval time.Duration) budget {
	long := spareIntervals * interval
	return budget{
		interval: interval,
		free:     pace{every: interval, burst: 1},
		spare:    pace{every: long, burst: 1},
		gifts:    pace{every: long / giftCount, burst: giftCount},
		seed:     maphash.MakeSeed(),
	}
}

// charge is what a fetch was paid from.
type charge int

const (
	chargeNothing charge = iota
	chargeFree
	chargeSpare
)

// allow reports whether a fetch may be made for kid, and takes its price.
func (b *budget) allow(kid string, now time.Time) charge {
	id := maphash.String(b.seed, kid)
	switch {
	case b.missing.waits(id, now):
		return chargeNothing
	case b.free.take(now):
		return chargeFree
	case b.crowd.count(id) >= crowdSize && b.spare.take(now):
		return chargeSpare
	}
	return chargeNothing
}

// succeeded settles a fetch that was answered.
func (b *budget) succeeded(paid charge, broughtKeys bool, now time.Time) {
	b.crowd = crowd{}
	if !broughtKeys {
		return
	}
	b.missing = missing{}
	if paid != chargeNothing && b.gifts.take(now) {
		b.giveBack(paid)
	}
}

// giveBack returns the price of a fetch.
func (b *budget) giveBack(paid charge) {
	switch paid {
	case chargeFree:
		b.free.putBack()
	case chargeSpare:
		b.spare.putBack()
	}
}

// lookedFor remembers that the set has just been fetched for kid in vain.
func (b *budget) lookedFor(kid string, now time.Time) {
	b.missing.add(maphash.String(b.seed, kid), now, b.interval)
}

// pace allows something once every so often, with a burst after a pause. It
// keeps the time at which everything allowed so far is paid off (the "generic
// cell rate algorithm"). The zero time is long ago.
type pace struct {
	every time.Duration
	burst int
	paid  time.Time
}

func (p *pace) take(now time.Time) bool {
	whole := p.every * time.Duration(p.burst)
	ahead := p.paid.Sub(now)
	if ahead > whole { // the clock was set back
		p.paid, ahead = now.Add(whole), whole
	}
	if ahead > whole-p.every {
		return false
	}
	if ahead < 0 {
		p.paid = now
	}
	p.paid = p.paid.Add(p.every)
	return true
}

func (p *pace) putBack() { p.paid = p.paid.Add(-p.every) }

// missing are the kids looked for in vain since the set last changed, oldest
// first in order.
type missing struct {
	entries map[uint64]wait
	order   []uint64
}

type wait struct {
	since time.Time
	long  time.Duration
}

func (m *missing) waits(id uint64, now time.Time) bool {
	w, ok := m.entries[id]
	return ok && isWithin(w.since, now, w.long)
}

func (m *missing) add(id uint64, now time.Time, interval time.Duration) {
	if m.entries == nil {
		m.entries = map[uint64]wait{}
	}
	w, known := m.entries[id]
	if !known {
		m.order = append(m.order, id)
	}
	m.entries[id] = wait{now, min(max(2*w.long, interval), longestWait*interval)}
	if len(m.order) > missingCount {
		delete(m.entries, m.order[0])
		m.order = append(m.order[:0], m.order[1:]...)
	}
}

// crowd counts who is asked for most, in constant memory whatever the number
// of kids (the algorithm of Misra and Gries): an id asked for more often than
// a ninth of all has a place, and its count is never above the truth.
type crowd struct {
	ids    [8]uint64
	counts [8]int
}

func (c *crowd) count(id uint64) int {
	vacant := -1
	for i := range c.ids {
		switch {
		case c.counts[i] == 0:
			vacant = i
		case c.ids[i] == id:
			c.counts[i]++
			return c.counts[i]
		}
	}
	if vacant >= 0 {
		c.ids[vacant], c.counts[vacant] = id, 1
		return 1
	}
	for i := range c.counts {
		c.counts[i]--
	}
	return 0
}
