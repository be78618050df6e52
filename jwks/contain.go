package jwks

import (
	"fmt"
	"sync/atomic"

	"github.com/postern-go/postern/internal/evidence"
)

// panics remembers the last panic of the user's code that was contained. A hook
// runs inside a fetch that many calls wait for, or inside a call that a gRPC
// server does not recover for. It only watches, so its panic must end neither.
type panics struct{ last atomic.Pointer[error] }

// contain calls f and survives its panic.
func (p *panics) contain(f func()) {
	ended := false
	defer func() {
		if !ended { // runtime.Goexit goes on: it is how a test fails in a hook
			p.remember(panicked(recover()))
		}
	}()
	f()
	ended = true
}

func (p *panics) remember(err error) { p.last.Store(&err) }

// err is the last panic, or nil.
func (p *panics) err() error {
	if last := p.last.Load(); last != nil {
		return *last
	}
	return nil
}

// panicked is the error for what recover returned.
func panicked(value any) error { return evidence.OneLine(fmt.Errorf("%w: %v", ErrPanic, value)) }
