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

// bucket is CLOCK with a ghost list. Each call with a token counts as a use,
// and a token without uses is evicted first. If all have uses, a new token is
// admitted only if it is on the list of ghosts, the recently evicted tokens;
// then the hand takes a use from one entry after the other until it finds a
// victim. So a flood of good tokens that are used once evicts only its own
// tokens, and new callers get in on the second or third use of their tokens.
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

// victim is an entry that has expired, or else the oldest without uses, or -1.
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

// addGhost records the tag of an evicted entry.
func (b *bucket) addGhost(e *entry) {
	b.lastGhost = (b.lastGhost + 1) % ghostCount
	b.ghosts[b.lastGhost] = e.id.tag()
}
