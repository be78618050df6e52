package introspect

import (
	"time"

	"github.com/postern-go/postern/internal/contain"
)

// hooks are a Trace with nil fields allowed and panics contained.
type hooks struct {
	Trace
	panics contain.Panics
}

func newHooks(t *Trace) *hooks {
	if t == nil {
		t = &Trace{}
	}
	return &hooks{Trace: *t}
}

// tell calls a hook, if there is one, with what it is about.
func tell[T any](h *hooks, hook func(T), about T) {
	if hook != nil {
		h.panics.Contain(func() { hook(about) })
	}
}

func (h *hooks) asked(a Asked)           { tell(h, h.Asked, a) }
func (h *hooks) shed(s Shed)             { tell(h, h.Shed, s) }
func (h *hooks) stale(age time.Duration) { tell(h, h.Stale, age) }

// after tells what came of a request besides an answer.
func (h *hooks) after(r *reply, event *Outage) {
	if r.credentials {
		tell(h, h.Credentials, r.err)
	}
	if event != nil {
		tell(h, h.Outage, *event)
	}
}
