package token

import (
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/zerocopy"
)

// cache holds tokens after one Verifier has found their signature good: the key
// that signed them, and their claims. None of that can change. Whether the key
// is still published, whether the token has expired, is for this service, and
// is bound to the caller, is decided again at every call.
//
// Its key is a hash of the exact token. The token itself is not stored, and
// cannot be recovered.
//
// It is a table of buckets with a few slots each, and each bucket decides which
// of its tokens stay. Reads take no lock. A bucket is bounded in bytes and
// entries, and so is the cache.
type cache struct {
	count   int // of buckets
	buckets atomic.Pointer[[]bucket]
}

const (
	slotsPerBucket = 8
	// slotShare is the memory that the bound counts for a slot. A token with
	// more claims takes the share of others in its bucket.
	slotShare   = 640
	bucketBytes = slotsPerBucket * slotShare
	// entryOverhead is the most that an entry takes besides its strings.
	entryOverhead = 384
)

// entry is one token found good. All but uses is fixed once it is in.
type entry struct {
	id      tokenID
	by      jws.Signer
	set     claims.Set
	size    int
	arrival uint64
	uses    atomic.Int32 // since it came, up to maxUses
}

// tokenID identifies a token: a hash of its signing input, which most
// algorithms sign, so that it is not computed twice, and one of the rest. The
// token itself marks the boundary between the two parts, so no two tokens share
// both hashes.
type tokenID struct{ input, rest [sha256.Size]byte }

// hash computes the hashes of a token. The signing input ends before the second
// dot; looking for that from the front is faster than for the last one, and a
// string in which the two differ is not a token.
func (id *tokenID) hash(raw string) {
	header := strings.IndexByte(raw, '.') + 1
	end := header + max(strings.IndexByte(raw[header:], '.'), 0)
	id.input = sha256.Sum256(zerocopy.Bytes(raw[:end]))
	id.rest = sha256.Sum256(zerocopy.Bytes(raw[end:]))
}

// tag is never 0.
func (id *tokenID) tag() uint32 { return binary.LittleEndian.Uint32(id.rest[8:]) | 1 }

// newCache returns nil, for no cache, if bytes is too small for a bucket.
func newCache(bytes int) *cache {
	each := bucketBytes + int(reflect.TypeFor[bucket]().Size()) // with nothing in it
	if bytes < each {
		return nil
	}
	return &cache{count: bytes / each}
}

// bucket returns the bucket of a token. The table is made on the first write: a
// service may have many issuers and get tokens from few.
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

// get returns the entry of a token and counts a use, or returns nil.
func (c *cache) get(id *tokenID) *entry {
	b := c.bucket(id, false)
	if b == nil {
		return nil
	}
	if e := b.find(id); e != nil {
		e.hit()
		return e
	}
	return nil
}

// holds reports whether the token is cached. It counts no use.
func (c *cache) holds(id *tokenID) bool {
	b := c.bucket(id, false)
	return b != nil && b.find(id) != nil
}

// newEntry makes an entry for a token, or returns nil if its claims are too large.
// They must not have been handed out yet: their lists are packed.
func newEntry(id *tokenID, by *jws.Signer, set *claims.Set) *entry {
	text := len(by.KeyID)
	set.Strings(func(s *string) { text += len(*s) })
	size := entryOverhead + allocated(text) + allocated(16*cap(set.Scopes)) + allocated(16*cap(set.Audience)) + allocated(24*len(set.Sets)) + allocated(set.Circumstances.Size())
	for _, list := range set.Sets {
		size += allocated(16 * cap(list))
	}
	if size > bucketBytes {
		return nil
	}
	e := &entry{id: *id, by: *by, size: size}
	e.set.Remember(set)
	p := packer{make([]byte, 0, text)}
	p.pack(&e.by.KeyID)
	e.set.Strings(p.pack)
	return e
}

// put caches a token if it can stay. Every check of it must have passed: a token
// that is rejected must not evict others.
func (c *cache) put(e *entry, now time.Time) {
	b := c.bucket(&e.id, true)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.find(&e.id) == nil {
		b.admit(e, now)
	}
}

// remove drops the entry of a token that has become invalid.
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

// allocated is the most memory that an allocation of this size takes: the
// runtime rounds up to its size classes, by up to a fifth.
func allocated(bytes int) int { return bytes + bytes/5 }

// packer copies strings to one piece of memory, so that an entry does not keep all
// of its token in memory.
type packer struct{ text []byte }

// pack makes s a copy of itself. There must be room for it.
func (p *packer) pack(s *string) {
	start := len(p.text)
	p.text = append(p.text, *s...)
	*s = zerocopy.String(p.text[start:])
}
