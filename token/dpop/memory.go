package dpop

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/token"
)

// WhenFull is what a MemoryStore does with a new proof when it is full.
type WhenFull uint8

// The choices. None of them forgets a proof before its time: that would let it in
// again.
const (
	// Refuse answers that the call cannot be judged now (503).
	Refuse WhenFull = iota
	// AdmitUnremembered lets the proof in without remembering it, so that it can be
	// used again until it is too old.
	AdmitUnremembered
)

// MemoryStoreConfig are the settings of a MemoryStore. The zero value of each
// field is ready for use.
type MemoryStoreConfig struct {
	// MaxBytes is about how much memory the store may take, at 64 bytes for each
	// proof. Zero means 64 MiB, which is a million proofs, or 11,000 calls a second
	// with the default times; the range is 1 MiB to 16 GiB.
	MaxBytes int64
	// WhenFull is what happens to new proofs when that is used up. Zero means
	// Refuse.
	WhenFull WhenFull
	// Full is called when a proof meets a full store, at most once a second: an
	// alarm. It must return soon, since a call waits for it. Its panic is contained.
	// Nil means no alarm.
	Full func(MemoryStats)
	// AcceptProofsBeforeStart takes proofs that were made before the store was.
	// They may have been used while the service ran before. Zero refuses them
	// with 503, which good clients meet only if their clock is behind, and only
	// within the first seconds. With Config.Nonces the nonce tells when a proof was
	// made, exactly, and the refusal brings the next one. Without, iat tells it, cut
	// to the second and by the clock of the client: a proof of a client whose clock
	// is ahead, by Config.MaxAhead at the most, or of the second in which the store
	// was made, can be used once more.
	AcceptProofsBeforeStart bool
	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

func (c MemoryStoreConfig) validate() error {
	if n := c.maxBytes(); n < smallestStore || n > largestStore {
		return fmt.Errorf("dpop: %w: MaxBytes of %d is not from %d to %d", token.ErrConfig, c.MaxBytes, smallestStore, int64(largestStore))
	}
	if c.WhenFull > AdmitUnremembered {
		return fmt.Errorf("dpop: %w: WhenFull has the unknown value %d", token.ErrConfig, c.WhenFull)
	}
	return nil
}

const (
	defaultStore  = 64 << 20
	smallestStore = 1 << 20
	largestStore  = 16 << 30
	bytesOfEntry  = 64 // what a map of shard takes for an entry at the most
	shardCount    = 64
)

func (c MemoryStoreConfig) maxBytes() int64 {
	if c.MaxBytes == 0 {
		return defaultStore
	}
	return c.MaxBytes
}

// MemoryStats are figures of a MemoryStore for operators.
type MemoryStats struct {
	// Entries is the number of proofs held. Some of them may have expired.
	Entries int
	// MaxEntries is how many it can hold.
	MaxEntries int
	// Refused counts the proofs that were refused because the store was full.
	Refused uint64
	// Unremembered counts those that AdmitUnremembered let in.
	Unremembered uint64
}

// MemoryStore is a ReplayStore in the memory of one process, for a service with a
// single replica: other replicas do not know which proofs it has seen. It never
// forgets a proof before its time, starts no goroutine, and needs no Close. It is
// safe for concurrent use.
type MemoryStore struct {
	config MemoryStoreConfig
	start  time.Time
	seed   maphash.Seed // so that no client can choose the shard of its proofs
	most   int          // entries of a shard
	shards [shardCount]shard

	refused, unremembered atomic.Uint64
	alarm                 atomic.Int64 // when Full may be called again, from start on
}

// NewMemoryStore returns an empty store. cfg may be nil. The error matches
// token.ErrConfig.
func NewMemoryStore(cfg *MemoryStoreConfig) (*MemoryStore, error) {
	s := &MemoryStore{seed: maphash.MakeSeed()}
	if cfg != nil {
		s.config = *cfg
	}
	if err := s.config.validate(); err != nil {
		return nil, err
	}
	if s.config.Time == nil {
		s.config.Time = time.Now
	}
	s.start = s.config.Time()
	s.most = int(s.config.maxBytes() / bytesOfEntry / shardCount)
	return s, nil
}

// errFull is the error of a full store, and errNoStore that of one that
// NewMemoryStore has not made.
var (
	errFull    = errors.New("the memory store is full (see MemoryStoreConfig.MaxBytes)")
	errNoStore = errors.New("the memory store was not made by NewMemoryStore")
)

// Use implements ReplayStore. It does not block.
func (s *MemoryStore) Use(_ context.Context, id [32]byte, ttl time.Duration) (first bool, err error) {
	if s == nil || s.most == 0 {
		return false, errNoStore
	}
	now := s.config.Time().Sub(s.start)
	got := s.shards[maphash.Bytes(s.seed, id[:])%shardCount].use(key(id[:]), now, now+ttl, s.most)
	if got != full {
		return got == fresh, nil
	}
	return s.overflow(now)
}

// overflow is the answer of a full store.
func (s *MemoryStore) overflow(now time.Duration) (first bool, err error) {
	if s.config.WhenFull == AdmitUnremembered {
		s.unremembered.Add(1)
		s.ring(now)
		return true, nil
	}
	s.refused.Add(1)
	s.ring(now)
	return false, errFull
}

// ring calls the hook, unless it has been called just now.
func (s *MemoryStore) ring(now time.Duration) {
	next := s.alarm.Load()
	if s.config.Full == nil || int64(now) < next || !s.alarm.CompareAndSwap(next, int64(now+time.Second)) {
		return
	}
	defer func() { _ = recover() }() // no gRPC server recovers, and a hook only watches
	s.config.Full(s.Stats())
}

// Since is when the store began to remember; see ReplayStore. It is the zero time
// with MemoryStoreConfig.AcceptProofsBeforeStart.
func (s *MemoryStore) Since() time.Time {
	if s == nil || s.config.AcceptProofsBeforeStart {
		return time.Time{}
	}
	return s.start
}

// Stats returns the figures of the store. It takes a moment's lock of each part of
// the store.
func (s *MemoryStore) Stats() MemoryStats {
	if s == nil {
		return MemoryStats{}
	}
	stats := MemoryStats{MaxEntries: s.most * shardCount, Refused: s.refused.Load(), Unremembered: s.unremembered.Load()}
	for i := range s.shards {
		stats.Entries += s.shards[i].len()
	}
	return stats
}
