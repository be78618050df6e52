package valkey

import (
	"sync"
	"time"

	"github.com/postern-go/postern/internal/printable"
)

// state is what Status says about calls.
type state struct {
	mu           sync.Mutex
	lastSuccess  time.Time
	latency      time.Duration
	failingSince time.Time
	lastError    error
	lastPanic    string
}

func (s *state) used(now time.Time, took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.lastSuccess, s.latency, s.failingSince = now, took, time.Time{}
		return
	}
	s.lastError = err
	if s.failingSince.IsZero() {
		s.failingSince = now
	}
}

func (s *state) panicked(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastPanic = printable.Line(text)
}

func (s *state) fill(out *Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out.LastSuccess, out.Latency, out.FailingSince, out.LastPanic = s.lastSuccess, s.latency, s.failingSince, s.lastPanic
	if s.lastError != nil {
		out.LastError = s.lastError.Error()
	}
}
