// Package contain survives panics of code that belongs to the program: hooks, which
// only watch, and functions that run in goroutines for which no server recovers.
package contain

import (
	"fmt"
	"sync/atomic"

	"github.com/postern-go/postern/internal/evidence"
)

// Panics remembers the last panic that was contained. The zero value is ready for use.
// It is safe for concurrent use.
type Panics struct{ last atomic.Pointer[any] }

// Contain calls f and survives its panic.
func (p *Panics) Contain(f func()) {
	ended := false
	defer func() {
		if !ended { // runtime.Goexit goes on: it is how a test fails in a hook
			value := recover()
			p.last.Store(&value)
		}
	}()
	f()
	ended = true
}

// Err is the last panic as an error that matches kind, or nil.
func (p *Panics) Err(kind error) error {
	if last := p.last.Load(); last != nil {
		return Error(kind, *last)
	}
	return nil
}

// Error is the error of that kind for what recover returned.
func Error(kind error, value any) error { return evidence.OneLine(fmt.Errorf("%w: %v", kind, value)) }
