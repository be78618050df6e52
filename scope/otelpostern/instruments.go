package otelpostern

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const scopeName = "github.com/postern-go/postern/scope/otelpostern"

// Instruments are the meters of a process. Make them once with New. The methods
// may be called concurrently.
type Instruments struct {
	kinds     kinds
	decisions decisions
	routes    routes
	spans     spans
	fetching  fetching
	issuers   names
	watched   watched
}

// New makes the instruments, and every series of the counters of decisions. A nil
// cfg means the zero Config. It does not block. An error is one of the
// MeterProvider, or matches token.ErrConfig.
func New(cfg *Config) (*Instruments, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	full := cfg.withDefaults()
	m := maker{Meter: full.MeterProvider.Meter(scopeName, metric.WithInstrumentationVersion(version()))}
	i := &Instruments{kinds: newKinds()}
	i.decisions = newDecisions(&m, i.kinds.list)
	i.routes = routes{enabled: full.Routes, kinds: i.kinds.list}
	i.fetching = newFetching(&m)
	i.spans = newSpans(full.TracerProvider.Tracer(scopeName, trace.WithInstrumentationVersion(version())), full.SpanOver, i.kinds.list)
	i.watched.observe(&m)
	if m.err != nil {
		return nil, fmt.Errorf("otelpostern: %w", m.err)
	}
	i.decisions.begin()
	return i, nil
}

// maker makes instruments and keeps the errors of those that cannot be made.
type maker struct {
	metric.Meter
	err error
}

func (m *maker) counter(name, unit, about string) metric.Int64Counter {
	c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(about))
	m.err = errors.Join(m.err, err)
	return c
}

func (m *maker) histogram(name, about string, buckets ...float64) metric.Float64Histogram {
	h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(about), metric.WithExplicitBucketBoundaries(buckets...))
	m.err = errors.Join(m.err, err)
	return h
}

func (m *maker) gauge(name, unit, about string) metric.Float64ObservableGauge {
	g, err := m.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(about))
	m.err = errors.Join(m.err, err)
	return g
}

// nothing makes a series without counting anything.
func nothing(c metric.Int64Counter, options []metric.AddOption) {
	c.Add(context.Background(), 0, options...)
}

// version is that of postern in this program, or "".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == scopeName {
			return m.Version
		}
	}
	return ""
}
