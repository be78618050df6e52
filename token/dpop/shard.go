package dpop

import (
	"sync"
	"time"
)

// shard is a part of a MemoryStore. The zero shard is empty.
type shard struct {
	mu      sync.Mutex
	until   map[key]time.Duration // times are durations from the start of the store
	sweepAt int                   // from so many entries on, those that have expired are removed
	pause   time.Duration         // but not before this time
}

// key is the first half of an id. Two proofs of one key are not worth the 2^64
// hashes that it takes to make them: the second would be refused.
type key [16]byte

// verdict is what a shard says of a proof.
type verdict uint8

const (
	fresh verdict = iota
	known
	full
)

const (
	fewestToSweep = 64
	// sweepPause keeps a full shard from being swept at every call.
	sweepPause = 250 * time.Millisecond
)

// use notes k until a time, unless it is known. A shard never has more than most
// entries.
func (s *shard) use(k key, now, until time.Duration, most int) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end, ok := s.until[k]; ok && now <= end {
		s.until[k] = max(end, until)
		return known
	}
	if len(s.until) >= min(max(s.sweepAt, fewestToSweep), most) {
		s.sweep(now, most)
	}
	if len(s.until) >= most {
		return full
	}
	if s.until == nil {
		s.until = map[key]time.Duration{}
	}
	s.until[k] = until
	return fresh
}

// sweep removes entries that have expired. The next sweep is due when as many have
// come as are left now, so that each call pays for two entries. The map is made
// anew, since maps do not shrink.
func (s *shard) sweep(now time.Duration, most int) {
	if now < s.pause {
		return
	}
	live := 0
	for _, end := range s.until {
		if now <= end {
			live++
		}
	}
	if live < len(s.until) {
		left := make(map[key]time.Duration, live)
		for k, end := range s.until {
			if now <= end {
				left[k] = end
			}
		}
		s.until = left
	}
	s.sweepAt, s.pause = 2*live, 0
	if live > most-most/8 {
		s.pause = now + sweepPause
	}
}

func (s *shard) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.until)
}
