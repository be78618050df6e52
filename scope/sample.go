package scope

import (
	"sync"
	"time"
)

// sampler lets a few lines of each kind through in a window of time and counts
// the others. Kinds are a closed set, so that its memory is bounded. It may be
// used concurrently.
type sampler struct {
	most   int
	window time.Duration

	mu    sync.Mutex
	kinds map[string]*sampled
}

// sampled is one kind in its current window.
type sampled struct {
	since          time.Time
	lines, leftOut int
}

// admit reports whether an event gets a line, and how many of its kind got none
// since the last line.
func (s *sampler) admit(kind string, now time.Time) (leftOut int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kinds[kind]
	if k == nil {
		k = &sampled{since: now}
		s.kinds[kind] = k
	}
	if past := now.Sub(k.since); past >= s.window || past < 0 {
		k.since, k.lines = now, 0
	}
	if k.lines >= s.most {
		k.leftOut++
		return 0, false
	}
	leftOut, k.leftOut = k.leftOut, 0
	k.lines++
	return leftOut, true
}
