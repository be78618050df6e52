package otelpostern

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/postern-go/postern/jwks"
)

// Watch makes the gauges observe r, which is kept for good. name is that given
// to Keys. Of several with one name, or that share "other", the gauges show the
// worst: the fewest keys, the greatest age, the least time left. A nil r is not
// watched. It does not block.
func (i *Instruments) Watch(name string, r *jwks.Remote) {
	if r == nil {
		return
	}
	label := i.issuers.label(name)
	i.watched.mu.Lock()
	defer i.watched.mu.Unlock()
	if i.watched.remotes == nil {
		i.watched.remotes = map[string][]*jwks.Remote{}
	}
	i.watched.remotes[label] = append(i.watched.remotes[label], r)
}

type watched struct {
	mu      sync.Mutex
	remotes map[string][]*jwks.Remote
}

// observe makes the gauges.
func (w *watched) observe(m *maker) {
	keys := m.gauge(jwksKeys, "{key}", "Keys held that may be used.")
	age := m.gauge(jwksAge, "s", "Time since the issuer last confirmed the key set.")
	expires := m.gauge(jwksExpiresIn, "s", "Time to the end of the lifetime of the key set, negative after it.")
	usable := m.gauge(jwksUsableFor, "s", "Time for which the key set serves even if the issuer cannot be reached, negative after it.")
	if m.err != nil {
		return
	}
	_, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for label, held := range w.worst() {
			issuer := metric.WithAttributes(attribute.String(Issuer, label))
			o.ObserveFloat64(keys, float64(held.keys), issuer)
			if held.fetched {
				o.ObserveFloat64(age, held.age.Seconds(), issuer)
				o.ObserveFloat64(expires, held.expires.Seconds(), issuer)
				o.ObserveFloat64(usable, held.usable.Seconds(), issuer)
			}
		}
		return nil
	}, keys, age, expires, usable)
	m.err = errors.Join(m.err, err)
}

// held says how an issuer's keys are.
type held struct {
	keys                 int
	fetched              bool // or there are no times yet
	age, expires, usable time.Duration
}

func (w *watched) worst() map[string]held {
	w.mu.Lock()
	remotes := maps.Clone(w.remotes)
	for label, list := range remotes {
		remotes[label] = slices.Clone(list)
	}
	w.mu.Unlock()
	all := map[string]held{}
	for label, list := range remotes {
		for n, r := range list {
			one := statusOf(r)
			if n > 0 {
				one = one.worse(all[label])
			}
			all[label] = one
		}
	}
	return all
}

func statusOf(r *jwks.Remote) held {
	s, now := r.Status(), time.Now()
	h := held{fetched: !s.LastSuccess.IsZero()}
	if s.State != jwks.StateEmpty {
		h.keys = len(s.KeyIDs)
	}
	if h.fetched {
		h.age, h.expires, h.usable = now.Sub(s.LastSuccess), s.Expires.Sub(now), s.UsableUntil.Sub(now)
	}
	return h
}

func (h held) worse(other held) held {
	keys := min(h.keys, other.keys)
	switch {
	case !h.fetched:
		h = other
	case other.fetched:
		h.age, h.expires, h.usable = max(h.age, other.age), min(h.expires, other.expires), min(h.usable, other.usable)
	}
	h.keys = keys
	return h
}
