package prompostern

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/postern-go/postern/jwks"
)

// Watch makes the gauges show r, which is kept for good. name is that given to
// Keys. Of several with one name, or that share "other", the gauges show the
// worst: the fewest keys, the earliest times. A nil r is not watched.
func (c *Collector) Watch(name string, r *jwks.Remote) {
	if r == nil {
		return
	}
	label := c.issuers.label(name)
	c.watched.mu.Lock()
	defer c.watched.mu.Unlock()
	c.watched.remotes[label] = append(c.watched.remotes[label], r)
}

// watched collects the gauges of Remotes.
type watched struct {
	keys, success, expiry, usable *prometheus.Desc
	mu                            sync.Mutex
	remotes                       map[string][]*jwks.Remote
}

func newWatched() watched {
	gauge := func(name, about string) *prometheus.Desc {
		return prometheus.NewDesc("postern_jwks_"+name, about, []string{"issuer"}, nil)
	}
	return watched{
		keys:    gauge("keys", "Keys held that may be used."),
		success: gauge("last_success_timestamp_seconds", "When the issuer last confirmed the key set."),
		expiry:  gauge("expiry_timestamp_seconds", "When the lifetime of the key set ends."),
		usable:  gauge("usable_until_timestamp_seconds", "When the key set stops serving even if the issuer cannot be reached."),
		remotes: map[string][]*jwks.Remote{},
	}
}

func (w *watched) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{w.keys, w.success, w.expiry, w.usable} {
		to <- d
	}
}

func (w *watched) Collect(to chan<- prometheus.Metric) {
	for label, held := range w.worst() {
		show := func(d *prometheus.Desc, value float64) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, label)
		}
		show(w.keys, float64(held.keys))
		if held.success.IsZero() {
			continue // no times yet
		}
		show(w.success, seconds(held.success))
		show(w.expiry, seconds(held.expiry))
		show(w.usable, seconds(held.usable))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// held says how an issuer's keys are.
type held struct {
	keys                    int
	success, expiry, usable time.Time
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
	s := r.Status()
	h := held{success: s.LastSuccess, expiry: s.Expires, usable: s.UsableUntil}
	if s.State != jwks.StateEmpty {
		h.keys = len(s.KeyIDs)
	}
	return h
}

func (h held) worse(than held) held {
	return held{min(h.keys, than.keys), earlier(h.success, than.success), earlier(h.expiry, than.expiry), earlier(h.usable, than.usable)}
}

// earlier is the earlier of those that are known.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
