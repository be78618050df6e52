package main

import (
	"sync"
	"time"
)

// A caller without a token may cause as many refusals as the network carries.
// Each reason gets this many lines of the log a minute.
const (
	linesPerReason = 10
	sampleWindow   = time.Minute
)

// sampler counts what is left out of the log. Reasons are a closed set, so its
// memory is bounded. The zero value is ready to use, concurrently.
type sampler struct {
	mu      sync.Mutex
	reasons map[string]*sampled
}

// sampled is one reason in the current window.
type sampled struct {
	since   time.Time
	lines   int
	leftOut int
}

// admit reports whether a refusal for reason gets a line, and how many for the
// same reason got none since the last line.
func (s *sampler) admit(reason string, now time.Time) (leftOut int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.reasons[reason]
	if r == nil {
		if s.reasons == nil {
			s.reasons = map[string]*sampled{}
		}
		r = &sampled{since: now}
		s.reasons[reason] = r
	}
	if now.Sub(r.since) >= sampleWindow {
		r.since, r.lines = now, 0
	}
	if r.lines >= linesPerReason {
		r.leftOut++
		return 0, false
	}
	leftOut, r.leftOut = r.leftOut, 0
	r.lines++
	return leftOut, true
}
