package introspect

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/zerocopy"
)

// key names a token at an endpoint that was asked with an identity. An answer for one of
// them says nothing about another. The token itself is not stored.
type key [sha256.Size]byte

// keyOf hashes twice, so that no token reads like the hash of another. asked is a hash of
// endpoint and identity.
func keyOf(raw string, asked *[sha256.Size]byte) key {
	var both [2 * sha256.Size]byte
	token := sha256.Sum256(zerocopy.Bytes(raw))
	copy(both[:], token[:])
	copy(both[sha256.Size:], asked[:])
	return sha256.Sum256(both[:])
}

// room holds answers of one kind, so that a flood of another kind cannot evict them. It
// is bounded in bytes. The entries that are in use stay: each has a second chance before
// it is evicted.
type room[E any] struct{ shards [shards]shard[E] }

const (
	shards = 8
	// overhead is the most that an entry takes besides what its size counts.
	overhead = 512
)

type shard[E any] struct {
	mu    sync.RWMutex
	items map[key]*item[E]
	ring  []*item[E]
	hand  int
	bytes int
	most  int
}

type item[E any] struct {
	key   key
	value E
	size  int
	place int // in the ring
	used  atomic.Bool
}

func newRoom[E any](bytes int) *room[E] {
	r := &room[E]{}
	for i := range r.shards {
		r.shards[i].most = bytes / shards
	}
	return r
}

func (r *room[E]) shard(k *key) *shard[E] {
	return &r.shards[binary.LittleEndian.Uint64(k[:])%shards]
}

// get returns the entry of a token, if there is one, and counts a use.
func (r *room[E]) get(k *key) (value E, ok bool) {
	s := r.shard(k)
	s.mu.RLock()
	found := s.items[*k]
	s.mu.RUnlock()
	if found == nil {
		return value, false
	}
	if !found.used.Load() {
		found.used.Store(true)
	}
	return found.value, true
}

// put keeps an entry of so many bytes in place of an earlier one of the token. One that
// would need half of a shard is not kept.
func (r *room[E]) put(k key, value E, size int) {
	size += overhead
	s := r.shard(&k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(s.items[k])
	if size > s.most/2 {
		return
	}
	for s.bytes+size > s.most {
		s.drop(s.victim())
	}
	if s.items == nil {
		s.items = map[key]*item[E]{}
	}
	i := &item[E]{key: k, value: value, size: size, place: len(s.ring)}
	s.items[k] = i
	s.ring = append(s.ring, i)
	s.bytes += size
}

// remove drops the entry of a token.
func (r *room[E]) remove(k *key) {
	s := r.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(s.items[*k])
}

// count is the number of entries.
func (r *room[E]) count() (n int) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.RLock()
		n += len(s.items)
		s.mu.RUnlock()
	}
	return n
}

// victim is the next entry that was not used since the hand came by.
func (s *shard[E]) victim() *item[E] {
	for {
		s.hand %= len(s.ring)
		i := s.ring[s.hand]
		if !i.used.Swap(false) {
			return i
		}
		s.hand++
	}
}

// drop takes an entry out. The last of the ring takes its place.
func (s *shard[E]) drop(i *item[E]) {
	if i == nil {
		return
	}
	last := s.ring[len(s.ring)-1]
	s.ring[i.place], last.place = last, i.place
	s.ring[len(s.ring)-1] = nil
	s.ring = s.ring[:len(s.ring)-1]
	delete(s.items, i.key)
	s.bytes -= i.size
}

// lasting is for how long something is remembered.
type lasting struct {
	at   time.Time // when the issuer was asked
	keep time.Duration
}
