package tokentest

import (
	"context"
	"time"
)

// fault is how the issuer misbehaves. The zero fault is good behaviour.
type fault struct {
	down    bool
	hung    chan struct{} // closed when the issuer stops hanging
	status  int
	garbled bool
	garbage string
	delay   time.Duration
}

// GoDown refuses connections from now on, like a host that does not listen. On
// loopback the connection is closed without an answer.
func (i *Issuer) GoDown() { i.misbehave(func(f *fault) { f.down = true }) }

// Fail answers every request with this status from now on.
func (i *Issuer) Fail(status int) { i.misbehave(func(f *fault) { f.status = status }) }

// Hang accepts requests and never answers them. A request ends when its
// context does, or with ComeUp.
func (i *Issuer) Hang() { i.misbehave(func(f *fault) { f.hung = make(chan struct{}) }) }

// Garbage answers requests for the key set, and questions about tokens, with
// this body from now on, with status 200 and the media type of a good answer: an
// error page, `{"keys":[]}`, half a document. For answers about tokens that are
// wrong in other ways see AnswerIntrospection.
func (i *Issuer) Garbage(body string) {
	i.misbehave(func(f *fault) { f.garbled, f.garbage = true, body })
}

// Delay makes every answer take this long, on top of its other behaviour. It is
// the only behaviour that adds to another one; each of GoDown, Fail, Hang and
// Garbage ends the one before.
func (i *Issuer) Delay(d time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fault.delay = d
}

// ComeUp ends GoDown, Fail, Hang, Garbage, Delay and AnswerIntrospection. Keys and metadata stay as
// they are. Requests that hang end with a connection error.
func (i *Issuer) ComeUp() {
	i.misbehave(func(*fault) {})
	i.Delay(0)
	i.AnswerIntrospection(nil)
}

// misbehave starts one kind of fault and ends the one before.
func (i *Issuer) misbehave(start func(*fault)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fault.hung != nil {
		close(i.fault.hung)
	}
	i.fault = fault{delay: i.fault.delay}
	start(&i.fault)
}

// delay waits before an answer, if that is how the issuer behaves.
func (i *Issuer) delay(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-i.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hang waits for the end of a request that is never answered.
func (i *Issuer) hang(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ended:
		return errRefused
	case <-i.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}
