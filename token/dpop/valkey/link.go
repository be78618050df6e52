package valkey

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// link has the current session. It makes one when a call needs it, once for all
// calls that wait, and not again before a pause that grows with each failure.
type link struct {
	config   Config
	observer observer

	mu       sync.Mutex
	current  *session
	pending  chan struct{} // closed when an attempt has ended; nil: there is none
	failures int           // since a question was answered
	last     error         // of the last failure
	next     time.Time     // no attempt before
	closed   bool
}

const (
	firstPause = 50 * time.Millisecond
	mostPause  = time.Second
)

// get returns the current session, or waits for one until ctx ends.
func (l *link) get(ctx context.Context) (*session, error) {
	for {
		l.mu.Lock()
		switch {
		case l.closed:
			l.mu.Unlock()
			return nil, &fault{reason: ErrClosed}
		case l.current != nil:
			defer l.mu.Unlock()
			return l.current, nil
		case l.pending == nil && time.Now().Before(l.next):
			defer l.mu.Unlock()
			return nil, l.last
		case l.pending == nil:
			l.pending = make(chan struct{})
			go l.attempt(l.pending)
		}
		pending := l.pending
		l.mu.Unlock()
		select {
		case <-pending:
		case <-ctx.Done():
			return nil, &fault{reason: ErrTimeout, seen: "connecting", setting: "valkey.Config.Timeout", cause: ctx.Err()}
		}
	}
}

// attempt connects. No caller ends it: the next one has use for it.
func (l *link) attempt(done chan struct{}) {
	s, err := l.connect()
	l.mu.Lock()
	switch {
	case err != nil:
		l.failed(err)
	case l.closed:
		s.close()
	default:
		l.current = s
	}
	l.pending = nil
	l.mu.Unlock()
	close(done)
	report := Connection{Err: err}
	if err == nil {
		report.Address, report.Warnings = s.address, s.warnings
	}
	l.observer.connected(report)
}

// connect contains the panic of a setting that is a func.
func (l *link) connect() (s *session, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, &fault{reason: ErrUnreachable, seen: fmt.Sprint("connecting panicked: ", p)}
		}
	}()
	return l.config.connect(context.Background())
}

// drop ends a session after an error.
func (l *link) drop(s *session, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current == s {
		l.current = nil
		l.failed(err)
	}
	s.close()
}

// failed notes a failure. The first is tried again at once, since most are old
// connections.
func (l *link) failed(err error) {
	l.last = err
	l.failures++
	if l.failures == 1 {
		l.next = time.Time{}
		return
	}
	pause := min(firstPause<<min(l.failures-2, 10), mostPause)
	l.next = time.Now().Add(pause/2 + rand.N(pause/2))
}

// answered notes that the server works.
func (l *link) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = 0
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.current != nil {
		l.current.close()
		l.current = nil
	}
}

func (l *link) fill(out *Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current != nil {
		out.Connected, out.Address, out.Warnings = true, l.current.address, l.current.warnings
	}
}
