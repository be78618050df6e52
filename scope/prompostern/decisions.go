package prompostern

import (
	"context"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/postern-go/postern/scope"
)

// Trace returns the hooks for the Config of a guard. Several guards may have
// them. They do not block.
func (c *Collector) Trace() *scope.Trace {
	return &scope.Trace{Allowed: c.decisions.decided, Refused: c.decisions.decided}
}

// decisions are the metrics of decisions, with the series of every kind at hand:
// looking one up by its labels costs more than counting.
type decisions struct {
	kinds      kinds
	count      *prometheus.CounterVec
	rehearsals *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	counted    [len(transports)][]prometheus.Counter
	timed      *[len(transports)][][len(verifications)]atomic.Pointer[prometheus.Observer]
}

func newDecisions() decisions {
	d := decisions{
		kinds: newKinds(),
		count: counter("postern_authentications_total", "Decisions about calls.", "transport", "outcome", "reason"),
		rehearsals: counter("postern_rehearsed_refusals_total", "Calls that went through and that a rehearsal would have refused.",
			"transport", "outcome", "reason"),
		// A verification takes 20 to 100 microseconds, and a remembered token one:
		// the usual buckets, from 5 ms on, would show a single bar.
		duration: histogram("postern_authentication_duration_seconds", "Time that decisions about calls took, waiting included.",
			[]float64{5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, .025, .1, .5, 1, 5}, "transport", "outcome", "verification"),
		timed: new([len(transports)][][len(verifications)]atomic.Pointer[prometheus.Observer]),
	}
	for t, transport := range transports {
		d.counted[t] = make([]prometheus.Counter, len(d.kinds.list))
		d.timed[t] = make([][len(verifications)]atomic.Pointer[prometheus.Observer], len(d.kinds.list))
		if transport == other {
			continue // of no guard of this module: made when there is one
		}
		for k, kind := range d.kinds.list {
			d.counted[t][k] = d.counter(t, k)
			if k > 0 { // ok is no refusal
				d.rehearsals.WithLabelValues(transport, kind.outcome, kind.reason)
			}
		}
	}
	return d
}

func (d *decisions) decided(ctx context.Context, is scope.Decision) {
	if is.Rehearsed != nil {
		k := d.kinds.list[d.kinds.of(ctx, is.Rehearsed)]
		d.rehearsals.WithLabelValues(transports[transportOf(is)], k.outcome, k.reason).Inc()
	}
	if is.Nested && is.Err == nil {
		return // counted by the guard further out
	}
	kind, transport := d.kinds.of(ctx, is.Err), transportOf(is)
	count := d.counted[transport][kind]
	if count == nil {
		count = d.counter(transport, kind)
	}
	count.Inc()
	if is.Duration > 0 || is.Err == nil {
		d.timer(transport, kind, verificationOf(is)).Observe(is.Duration.Seconds())
	}
}

func (d *decisions) counter(transport, kind int) prometheus.Counter {
	k := d.kinds.list[kind]
	return d.count.WithLabelValues(transports[transport], k.outcome, k.reason)
}

// timer makes the series when it is first needed. A histogram has many lines,
// and most combinations of the labels never occur.
func (d *decisions) timer(transport, kind, verification int) prometheus.Observer {
	place := &d.timed[transport][kind][verification]
	if known := place.Load(); known != nil {
		return *known
	}
	made := d.duration.WithLabelValues(transports[transport], d.kinds.list[kind].outcome, verifications[verification])
	place.Store(&made)
	return made
}
