package token

import (
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/zerocopy"
)

// cache remembers tokens whose signature one Verifier has found good: under
// which key, and what their claims say. That is all that cannot change. Whether
// the key is still published, whether the token has expired, is for us, and is
// bound to who presents it, is decided again at every call.
//
// Its key is a hash of the exact token, which no two tokens share and from
// which none can be had back; the token itself is not kept.
//
// It is a table of buckets of a few slots each. Reading takes no lock. What a
// bucket may hold is fixed in bytes and entries, hence what all may hold.
//
// Who may stay is decided within a bucket. A token that is met again gains
// merit, and one without merit makes room first. Where all have merit, a
// newcomer is let in only if it was there not long ago, and only then do the
// others lose merit, one after the other. So a flood of tokens that are good
// but used once displaces nothing but itself, while a change in who calls is
// followed after a token's second or third use.
type cache struct {
	count   int // of buckets
	buckets atomic.Pointer[[]bucket]
}

const (
	slotsPerBucket = 8
	// slotShare is what the bound on memory counts for a slot. A token with
	// more to say takes the share of others in its bucket.
	slotShare   = 640
	bucketBytes = slotsPerBucket * slotShare
	// entryOverhead is what an entry takes besides the strings in it.
	entryOverhead = 384
	mostMerit     = 3
	departedTags  = 32
)

type bucket struct {
	tags  [slotsPerBucket]atomic.Uint32 // of what is in the slots, to pass others over
	slots [slotsPerBucket]atomic.Pointer[entry]

	mu       sync.Mutex // for all below, and for writing slots
	bytes    int
	arrivals uint64
	hand     int                  // which slot loses merit next
	departed [departedTags]uint32 // who was here not long ago
	last     int                  // the newest of them
}

// entry is one token found good. All but merit is fixed once it is in.
type entry struct {
	id      tokenID
	by      jws.Signer
	says    claims.Set
	size    int
	arrival uint64
	merit   atomic.Int32 // times met again, up to mostMerit
}

// tokenID is what a token is known by: a hash of its signing input, which is
// what most algorithms sign, so that it need not be made twice, and one of the
// rest. Where the one ends and the other begins is told by the token itself, so
// no two tokens have both in common.
type tokenID struct{ input, rest [sha256.Size]byte }

// take takes the hashes of a token. The signing input ends before the second
// dot; looking for that from the front is faster than for the last one, and
// where the two differ there is no token.
func (id *tokenID) take(raw string) {
	header := strings.IndexByte(raw, '.') + 1
	end := header + max(strings.IndexByte(raw[header:], '.'), 0)
	id.input = sha256.Sum256(zerocopy.Bytes(raw[:end]))
	id.rest = sha256.Sum256(zerocopy.Bytes(raw[end:]))
}

// newCache returns nil, which holds nothing, if there is no room for a bucket.
func newCache(bytes int) *cache {
	each := bucketBytes + int(reflect.TypeFor[bucket]().Size()) // with nothing in it
	if bytes < each {
		return nil
	}
	return &cache{count: bytes / each}
}

// bucket is where the token belongs. The table is made when first written to:
// a service may have many issuers of which few are ever heard of.
func (c *cache) bucket(id *tokenID, forWriting bool) *bucket {
	table := c.buckets.Load()
	if table == nil && forWriting {
		fresh := make([]bucket, c.count)
		c.buckets.CompareAndSwap(nil, &fresh)
		table = c.buckets.Load()
	}
	if table == nil {
		return nil
	}
	return &(*table)[binary.LittleEndian.Uint64(id.rest[:])%uint64(c.count)]
}

// get returns what is remembered of the token, or nil.
func (c *cache) get(id *tokenID) *entry {
	b := c.bucket(id, false)
	if b == nil {
		return nil
	}
	if e := b.find(id); e != nil {
		e.met()
		return e
	}
	return nil
}

// holds tells whether the token is remembered, which is no use of it.
func (c *cache) holds(id *tokenID) bool {
	b := c.bucket(id, false)
	return b != nil && b.find(id) != nil
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

// met writes only while there is merit to gain, so that readers of a busy
// token do not take its memory away from each other.
func (e *entry) met() {
	if merit := e.merit.Load(); merit < mostMerit {
		e.merit.CompareAndSwap(merit, merit+1)
	}
}

// newEntry is what to remember of a token, or nil if it says too much. Its claims
// must not have been handed out yet: their lists are packed.
func newEntry(id *tokenID, by *jws.Signer, says *claims.Set) *entry {
	text := len(by.KeyID)
	says.Strings(func(s *string) { text += len(*s) })
	size := entryOverhead + allocated(text) + allocated(16*cap(says.Scopes)) + allocated(16*cap(says.Audience))
	if size > bucketBytes {
		return nil
	}
	e := &entry{id: *id, by: *by, size: size}
	e.says.Remember(says)
	p := packer{make([]byte, 0, text)}
	p.pack(&e.by.KeyID)
	e.says.Strings(p.pack)
	return e
}

// put remembers a token if it can stay. Every check of it must have passed: who
// is refused must not make others be forgotten.
func (c *cache) put(e *entry, now time.Time) {
	b := c.bucket(&e.id, true)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.find(&e.id) == nil {
		b.admit(e, now)
	}
}

// allocated is what so many bytes take at most, as the runtime has sizes of its
// own: up to a fifth more.
func allocated(bytes int) int { return bytes + bytes/5 }

// packer gathers strings in memory of their own, so that what is remembered of
// a token does not keep the whole of it.
type packer struct{ text []byte }

// pack makes s a copy of itself. There must be room.
func (p *packer) pack(s *string) {
	start := len(p.text)
	p.text = append(p.text, *s...)
	*s = zerocopy.String(p.text[start:])
}

func (b *bucket) admit(e *entry, now time.Time) {
	back := slices.Contains(b.departed[:], e.id.tag())
	if back {
		e.merit.Store(1)
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
		loser := b.loser(now)
		switch {
		case loser < 0 && back:
			loser = b.wear()
		case loser < 0:
			b.note(e)
			return
		}
		b.drop(loser)
	}
}

// remove forgets a token that has died.
func (c *cache) remove(e *entry) {
	b := c.bucket(&e.id, true)
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.slots {
		if b.slots[i].Load() == e {
			b.drop(i)
		}
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

// loser is one that has expired, or else the oldest without merit, or -1.
func (b *bucket) loser(now time.Time) int {
	found, arrival := -1, uint64(0)
	for i := range b.slots {
		e := b.slots[i].Load()
		switch {
		case e == nil:
		case !now.Before(e.says.Deadline()):
			return i
		case e.merit.Load() == 0 && (found < 0 || e.arrival < arrival):
			found, arrival = i, e.arrival
		}
	}
	return found
}

// wear takes merit from one after the other until one has none left.
func (b *bucket) wear() int {
	for {
		i := b.hand
		b.hand = (b.hand + 1) % slotsPerBucket
		e := b.slots[i].Load()
		if e == nil {
			continue
		}
		if merit := e.merit.Load(); merit == 0 || e.merit.Add(-1) <= 0 {
			return i
		}
	}
}

func (b *bucket) drop(i int) {
	e := b.slots[i].Load()
	b.bytes -= e.size
	b.tags[i].Store(0)
	b.slots[i].Store(nil)
	b.note(e)
}

// note remembers of one who is not here any more no more than that.
func (b *bucket) note(e *entry) {
	b.last = (b.last + 1) % departedTags
	b.departed[b.last] = e.id.tag()
}

// tag is never 0.
func (id *tokenID) tag() uint32 { return binary.LittleEndian.Uint32(id.rest[8:]) | 1 }
