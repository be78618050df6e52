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
//   - Strangers, which are kids asked for once since the last fetch, get that
//     fetch less and less often while they keep coming: after two intervals, then
//     twice that, up to longestWait intervals. A flood of random kids consists
//     of them, and a rotation does not: its kid comes again with the next call.
//     Of more than manyStrangers it cannot be told who comes again. Then all get
//     one fetch per interval.
//   - So a kid that is asked for again finds the fetch of the interval unspent,
//     or else, once in spareIntervals, a spare one that no stranger can touch.
//   - A kid that a fetch has looked for in vain waits for itself: one interval,
//     then twice that, up to longestWait intervals. So a client that keeps
//     sending a token of a retired key leaves the budget to others. While the
//     issuer is down, it waits as long as the refresh does.
//
// What this bounds. Garbage costs the issuer at most one fetch per interval and
// one more per spareIntervals, and random garbage that is no more than
// manyStrangers between two fetches only one in longestWait intervals. Keys that
// are announced ahead come with the ordinary refresh, which no budget concerns.
// A key that signs unannounced is fetched by the first call that meets it; in a
// flood, or in the interval after a single garbage kid, by the second. Refusing
// the first is the price: it cannot be told from garbage, and to answer garbage
// with 503 would let anyone make a service look broken to its load balancer. Who
// spends the spare fetch too, by sending each garbage kid twice, or who sends
// more than manyStrangers in an interval, can delay the key to the end of the
// interval, and no further.
//
// One case is worse: a kid that was asked for before its key was published waits
// for itself, up to longestWait intervals or the next refresh. Whoever can guess
// the kid of an unannounced key can cause that, so kids should not be guessable,
// or keys be announced.
//
// Memory is bounded: kids are kept as hashes, missingCount of those looked for
// and some thousands of those asked for since the last fetch.
type budget struct {
	interval  time.Duration
	free      pace
	spare     pace
	gifts     pace
	missing   missing
	asked     asked
	strangers strangers
	seed      maphash.Seed
}

const (
	spareIntervals = 10
	giftCount      = 3
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

// allow reports whether a fetch may be made for kid, and takes its price. After
// a failure it may not yet; that kid was asked for counts all the same.
func (b *budget) allow(kid string, now time.Time, f *failure) charge {
	id := maphash.String(b.seed, kid)
	if b.missing.waits(id, now, f) {
		return chargeNothing
	}
	again := b.asked.again(id)
	waits := !again && b.strangers.wait(now, b.interval)
	switch {
	case waits, f.holdsBackUnknown(now, b.interval):
		return chargeNothing
	case again:
		return b.chargeAgain(now)
	}
	return b.chargeStranger(now)
}

func (b *budget) chargeAgain(now time.Time) charge {
	switch {
	case b.free.take(now):
		return chargeFree
	case b.spare.take(now):
		return chargeSpare
	}
	return chargeNothing
}

func (b *budget) chargeStranger(now time.Time) charge {
	if !b.free.take(now) {
		return chargeNothing
	}
	b.strangers.pass(now, b.interval)
	return chargeFree
}

// succeeded settles a fetch that was answered.
func (b *budget) succeeded(paid charge, broughtKeys bool, now time.Time) {
	b.asked = asked{} // and so were all that were asked for
	if !broughtKeys {
		return
	}
	b.missing = missing{}
	b.strangers.forgive()
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
