package token

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxUses    = 3
	ghostCount = 32
)

// bucket is CLOCK with a ghost list. A token that comes again is used, and one
// without uses is evicted first. Where all have uses, a newcomer is admitted
// only if it is on the list of ghosts, those who were here not long ago; then
// the hand takes a use from one after the other until it finds a victim. So a
// flood of tokens that are good but used once evicts nothing but itself, while a
// change in who calls is followed after a token's second or third use.
type bucket struct {
	tags  [slotsPerBucket]atomic.Uint32 // of the entries in the slots, to pass others over
	slots [slotsPerBucket]atomic.Pointer[entry]

	mu        sync.Mutex // for all below, and for writing slots
	bytes     int
	arrivals  uint64
	hand      int                // the slot that loses a use next
	ghosts    [ghostCount]uint32 // tags of entries that were here
	lastGhost int                // the newest of them
}

func (b *bucket) find(id *tokenID) *entry {
	tag := id.tag()
	for i := range b.tags {
		if b.tags[i].Load() != tag {
			continue
		}
		if e := b.slots[i].Load(); e != nil && e.id == *id {
			return e
		}
	}
	return nil
}

// hit counts a use. It writes only up to maxUses, so that readers of a busy token
// do not take its cache line away from each other.
func (e *entry) hit() {
	if uses := e.uses.Load(); uses < maxUses {
		e.uses.CompareAndSwap(uses, uses+1)
	}
}

// admit takes an entry in, or leaves its ghost.
func (b *bucket) admit(e *entry, now time.Time) {
	ghost := slices.Contains(b.ghosts[:], e.id.tag())
	if ghost {
		e.uses.Store(1)
	}
	for {
		if free := b.free(); free >= 0 && b.bytes+e.size <= bucketBytes {
			b.arrivals++
			e.arrival = b.arrivals
			b.bytes += e.size
			b.slots[free].Store(e)
			b.tags[free].Store(e.id.tag())
			return
		}
		victim := b.victim(now)
		switch {
		case victim < 0 && ghost:
			victim = b.sweep()
		case victim < 0:
			b.addGhost(e)
			return
		}
		b.drop(victim)
	}
}

func (b *bucket) free() int {
	for i := range b.slots {
		if b.slots[i].Load() == nil {
			return i
		}
	}
	return -1
}

// victim is an entry that has expired, or else the oldest that was not used, or
// -1.
func (b *bucket) victim(now time.Time) int {
	found, arrival := -1, uint64(0)
	for i := range b.slots {
		e := b.slots[i].Load()
		switch {
		case e == nil:
		case !now.Before(e.set.Deadline()):
			return i
		case e.uses.Load() == 0 && (found < 0 || e.arrival < arrival):
			found, arrival = i, e.arrival
		}
	}
	return found
}

// sweep moves the hand from slot to slot and takes a use from each entry, until
// one has none left.
func (b *bucket) sweep() int {
	for {
		i := b.hand
		b.hand = (b.hand + 1) % slotsPerBucket
		e := b.slots[i].Load()
		if e == nil {
			continue
		}
		if uses := e.uses.Load(); uses == 0 || e.uses.Add(-1) <= 0 {
			return i
		}
	}
}

func (b *bucket) drop(i int) {
	e := b.slots[i].Load()
	b.bytes -= e.size
	b.tags[i].Store(0)
	b.slots[i].Store(nil)
	b.addGhost(e)
}

// addGhost records the tag of an entry that is not in the bucket any more.
func (b *bucket) addGhost(e *entry) {
	b.lastGhost = (b.lastGhost + 1) % ghostCount
	b.ghosts[b.lastGhost] = e.id.tag()
}
