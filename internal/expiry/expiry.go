// Package expiry ends the context of a call when the token that let it in
// expires, over both transports.
package expiry

import (
	"context"
	"sync"
	"time"

	"github.com/postern-go/postern/token"
)

// lookEvery is how often the wall clock is compared at least. Timers run on the
// monotonic clock, which stands still while a machine is suspended.
const lookEvery = time.Minute

// Context returns a context that ends at deadline, a time of the wall clock
// without a monotonic reading, such as token.Token.Deadline. Its Err is
// context.DeadlineExceeded then and its cause token.ErrExpired. It also ends
// when parent does, with the error and the cause of parent. If parent has the
// same deadline or an earlier one, Context returns parent itself.
//
// A timer runs only from the first call of Done on, so that a handler which
// never looks at its context does not pay for one. Err compares the clocks by
// itself. context.Cause tells what Done or Err have told before.
//
// The stop func ends the context with context.Canceled and releases the timer.
// Call it when the handler returns. It is never nil and may be called more than
// once.
func Context(parent context.Context, deadline time.Time) (ctx context.Context, stop context.CancelFunc) {
	return at(parent, deadline, time.Now)
}

func at(parent context.Context, deadline time.Time, now func() time.Time) (context.Context, context.CancelFunc) {
	if own, ok := parent.Deadline(); ok && !own.After(deadline) {
		return parent, func() {}
	}
	c := &bounded{Context: parent, deadline: deadline, now: now}
	return c, c.stop
}

// bounded is a context with a deadline. Its machinery is made when it is
// needed.
type bounded struct {
	context.Context
	deadline time.Time
	now      func() time.Time

	mu      sync.Mutex
	running context.Context // nil until needed; what children attach to
	cancel  context.CancelCauseFunc
	release context.CancelFunc // of the timer of running
	watch   *time.Timer
	stopped bool
}

func (c *bounded) Deadline() (time.Time, bool) { return c.deadline, true }

func (c *bounded) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run().Done()
}

func (c *bounded) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == nil && !c.stopped && !c.over() {
		return c.Context.Err()
	}
	ctx := c.run()
	if c.over() {
		c.end(token.ErrExpired) // the timer may have stood still
	}
	if context.Cause(ctx) == token.ErrExpired {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// Value goes by way of the running context, if there is one: that is how
// context.Cause finds the cause, and how derived contexts attach without a
// goroutine for each.
func (c *bounded) Value(key any) any {
	c.mu.Lock()
	ctx := c.running
	c.mu.Unlock()
	if ctx == nil {
		ctx = c.Context
	}
	return ctx.Value(key)
}

// run starts what ends the context in time. c.mu is held.
func (c *bounded) run() context.Context {
	if c.running == nil {
		timed, release := context.WithDeadlineCause(c.Context, c.deadline, token.ErrExpired)
		c.running, c.cancel = context.WithCancelCause(timed)
		c.release = release
		switch {
		case c.stopped:
			c.end(nil)
		case c.over():
			c.end(token.ErrExpired)
		default:
			c.arm()
		}
	}
	return c.running
}

// arm looks again in a while, if the timer of the deadline has longer to go.
func (c *bounded) arm() {
	if c.running.Err() == nil && c.deadline.Sub(c.now()) > lookEvery {
		c.watch = time.AfterFunc(lookEvery, c.look)
	}
}

func (c *bounded) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over() {
		c.end(token.ErrExpired)
		return
	}
	c.arm()
}

func (c *bounded) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if c.running != nil {
		c.end(nil)
	}
}

// end ends the running context for cause, unless it has ended before. A cause
// of nil is context.Canceled.
func (c *bounded) end(cause error) {
	c.cancel(cause)
	c.release()
	if c.watch != nil {
		c.watch.Stop()
	}
}

// over reports whether the deadline has passed by the wall clock.
func (c *bounded) over() bool { return !c.now().Before(c.deadline) }
