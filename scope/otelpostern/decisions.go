package otelpostern

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/postern-go/postern/scope"
)

// Trace returns the hooks for the Config of a guard. Several guards may have
// them. They do not block.
func (i *Instruments) Trace() *scope.Trace {
	return &scope.Trace{Allowed: i.decided, Refused: i.decided}
}

func (i *Instruments) decided(ctx context.Context, d scope.Decision) {
	if d.Rehearsed != nil {
		i.decisions.rehearsals.Add(ctx, 1, i.decisions.counted[transportOf(d)][i.kinds.of(ctx, d.Rehearsed)]...)
	}
	if d.Nested && d.Err == nil {
		return // counted by the guard further out
	}
	kind, transport := i.kinds.of(ctx, d.Err), transportOf(d)
	options, listed := i.routes.of(d, transport, kind)
	if !listed {
		options = i.decisions.counted[transport][kind]
	}
	i.decisions.count.Add(ctx, 1, options...)
	if d.Duration > 0 || d.Err == nil {
		i.decisions.duration.Record(ctx, d.Duration.Seconds(), i.decisions.timed[transport][kind][verificationOf(d)]...)
	}
	i.spans.decided(ctx, d, kind)
}

// decisions are the instruments of decisions, with the options for every series.
// They are made once: attributes that are sorted and hashed for each call would
// cost as much as the verification of a token that is remembered.
type decisions struct {
	count      metric.Int64Counter
	rehearsals metric.Int64Counter
	duration   metric.Float64Histogram
	counted    [len(transports)][][]metric.AddOption
	timed      [len(transports)][][len(verifications)][]metric.RecordOption
}

func newDecisions(m *maker, kinds []kind) decisions {
	d := decisions{
		count:      m.counter(authentications, "{decision}", "Decisions about calls."),
		rehearsals: m.counter(rehearsedRefusals, "{call}", "Calls that went through and that a rehearsal would have refused."),
		// A verification takes 20 to 100 microseconds, and a remembered token one:
		// the usual buckets, from 5 ms on, would show a single bar.
		duration: m.histogram(authenticationDuration, "Time that decisions about calls took, waiting included.",
			5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, .025, .1, .5, 1, 5),
	}
	for t, transport := range transports {
		for _, k := range kinds {
			d.counted[t] = append(d.counted[t], k.options(transport))
			var timed [len(verifications)][]metric.RecordOption
			for v, verification := range verifications {
				timed[v] = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(
					attribute.String(Transport, transport), attribute.String(Outcome, k.outcome), attribute.String(Verification, verification)))}
			}
			d.timed[t] = append(d.timed[t], timed)
		}
	}
	return d
}

// options are those of the counter for this kind of decision.
func (k kind) options(transport string, more ...attribute.KeyValue) []metric.AddOption {
	attributes := append(slices.Clone(more), attribute.String(Transport, transport), attribute.String(Outcome, k.outcome))
	if k.reason != "" {
		attributes = append(attributes, attribute.String(ErrorType, k.reason))
	}
	return []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(attributes...))}
}

// begin makes the series of the transports of this module, so that an alert sees
// the first refusal for a reason as a change.
func (d *decisions) begin() {
	for _, transport := range d.counted[:len(transports)-1] {
		for kind, options := range transport {
			nothing(d.count, options)
			if kind > 0 { // ok is no refusal
				nothing(d.rehearsals, options)
			}
		}
	}
}
