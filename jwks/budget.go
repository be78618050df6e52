package jwks

import (
	"hash/maphash"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/pacing"
)

// budget decides whether a kid that is not held is worth a request. The kid may
// belong to a key that signs from the moment it is published, but inventing
// kids costs nothing. So there are three kinds of kid, with these rules:
//
//	asked for              may cause a fetch             while the issuer fails
//	once since the last    once per interval (pace once) two intervals after the
//	  answer                                               last attempt
//	again since the last   the same, and once per two    whenever the backoff
//	  answer                 intervals (pace again)        allows an attempt
//	before the last        two intervals after the       the same
//	  answer                 last attempt
//
// A fetch answers for every kid, so a new key is refused for one interval at the
// longest, no matter what callers send, and for two if it was asked for before it
// was published. A flood of random kids spends the first pace only: a new key finds
// the second with its second call. Withdrawn keys are of the third kind from the
// start, and a garbage kid is after its fetch, so neither spends what a new key
// needs. All of it together is three requests in two intervals at most.
//
// The kids are hashes in a negative cache of fixed size, where a new kid takes
// the place of the least recently used. In a flood so dense that a kid is
// displaced between two of its calls (by some thousand others), each call
// counts as its first, and the first line of the table bounds its wait.
type budget struct {
	interval  time.Duration
	once      pace
	again     pace
	signature pace // for Reconsider
	fetches   uint32
	kids      *[kidSets][kidWays]sighting // nil before the first
	seed      maphash.Seed
}

// The size of the cache: 8 KiB. Each kid belongs in one of the sets, and
// displaces the last of its set.
const (
	kidSets = 64
	kidWays = 16
)

// sighting is a kid that was asked for, with the number of fetches until then.
type sighting struct{ tag, fetches uint32 }

// standing is the kind of a kid, one of three.
type standing int

const (
	askedOnce standing = iota
	askedAgain
	lookedFor
)

func newBudget(interval time.Duration) budget {
	return budget{
		interval:  interval,
		once:      pace{every: interval},
		again:     pace{every: 2 * interval},
		signature: pace{every: max(time.Minute, interval)},
		seed:      maphash.MakeSeed(),
	}
}

// allow notes that kid was asked for, and reports whether it may cause a fetch
// now. If so, its price is taken.
func (b *budget) allow(kid string, st *state, now time.Time) (standing, bool) {
	is, failing := b.note(kid), st.failure.current(now)
	switch {
	case st.failure.holdsBackUnknown(now, b.interval):
		return is, false
	case failing && is == askedAgain:
		return is, true
	case failing || is == lookedFor:
		return is, !pacing.IsWithin(st.lastAttempt(), now, 2*b.interval)
	case b.once.take(now):
		return is, true
	}
	return is, is == askedAgain && b.again.take(now)
}

func (b *budget) note(kid string) standing {
	at, known := b.find(kid)
	switch {
	case !known:
		at.fetches = b.fetches
		return askedOnce
	case at.fetches == b.fetches:
		return askedAgain
	}
	return lookedFor
}

// find returns the place of kid, now the first of its set, and whether it was
// there.
func (b *budget) find(kid string) (at *sighting, known bool) {
	if b.kids == nil {
		b.kids = new([kidSets][kidWays]sighting)
	}
	id := maphash.String(b.seed, kid)
	set, tag := &b.kids[id%kidSets], uint32(id>>32)|1 // no tag is zero, as unused places are
	i := slices.IndexFunc(set[:], func(s sighting) bool { return s.tag == tag })
	if known = i >= 0; !known {
		i = kidWays - 1
		set[i] = sighting{tag: tag}
	}
	found := set[i]
	copy(set[1:i+1], set[:i])
	set[0] = found
	return &set[0], known
}

// fetched notes that the issuer has answered, for all that were asked for
// before, and that it does not publish the withdrawn keys.
func (b *budget) fetched(withdrawn []Key) {
	b.fetches++
	for _, k := range withdrawn {
		at, _ := b.find(k.ID)
		at.fetches = b.fetches - 1
	}
}

// pace allows something once in a while.
type pace struct {
	every time.Duration
	last  time.Time // zero: never
}

func (p *pace) take(now time.Time) bool {
	if pacing.IsWithin(p.last, now, p.every) {
		return false
	}
	p.last = now
	return true
}
