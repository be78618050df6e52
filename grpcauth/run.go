package grpcauth

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// run is a handler in a goroutine of its own.
type run struct {
	done chan struct{}

	mu        sync.Mutex
	over      bool
	abandoned bool
	err       error
	panicked  *panicked
	returns   bool // it has neither panicked nor called runtime.Goexit
}

// start starts handler. A panic after the run was abandoned goes to late.
func start(handler func() error, late func(*panicked)) *run {
	r := &run{done: make(chan struct{})}
	go func() {
		defer r.end(late)
		r.err = handler()
		r.returns = true
	}()
	return r
}

func (r *run) end(late func(*panicked)) {
	if p := recover(); p != nil {
		r.panicked = &panicked{p, string(debug.Stack())}
	}
	if r.finish() && r.panicked != nil {
		late(r.panicked)
	}
}

// finish tells whether the run was abandoned before.
func (r *run) finish() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	close(r.done)
	return r.abandoned
}

// abandon gives up waiting, unless the handler has ended.
func (r *run) abandon() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = !r.over
	return r.abandoned
}

// returned ends in the calling goroutine as the handler ended in its own. It is
// for runs that are done: the server's interceptors expect a panic there.
func (r *run) returned() error {
	switch {
	case r.panicked != nil:
		panic(r.panicked)
	case !r.returns:
		runtime.Goexit()
	}
	return r.err
}

// panicked is a panic that is carried over to another goroutine, with the
// stack of the one where it happened.
type panicked struct {
	value any
	stack string
}

func (p *panicked) Error() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }

// Unwrap is the value of the panic if that is an error.
func (p *panicked) Unwrap() error {
	err, _ := p.value.(error)
	return err
}
