package otelpostern_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/otelpostern"
	"github.com/postern-go/postern/token"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	var noMeters *sdkmetric.MeterProvider
	var noTraces *sdktrace.TracerProvider
	for _, cfg := range []*otelpostern.Config{{MeterProvider: noMeters}, {TracerProvider: noTraces}} {
		require.ErrorIs(t, cfg.Validate(), token.ErrConfig)
		_, err := otelpostern.New(cfg)
		require.ErrorIs(t, err, token.ErrConfig)
	}
	for _, cfg := range []*otelpostern.Config{nil, {}, {MeterProvider: noop.NewMeterProvider()}} {
		require.NoError(t, cfg.Validate())
		m, err := otelpostern.New(cfg)
		require.NoError(t, err)
		m.Trace().Allowed(t.Context(), scope.Decision{})
		m.Trace().Refused(t.Context(), scope.Decision{Err: token.ErrMissing})
		m.Keys("").Budget()
	}
}

var errMeter = errors.New("no such instrument")

// failing makes all instruments but one kind.
type failing struct {
	noop.MeterProvider
	meter metric.Meter
}

func (f failing) Meter(string, ...metric.MeterOption) metric.Meter { return f.meter }

type (
	noCounters   struct{ noop.Meter }
	noHistograms struct{ noop.Meter }
	noGauges     struct{ noop.Meter }
	noCallbacks  struct{ noop.Meter }
)

func (noCounters) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errMeter
}

func (noHistograms) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errMeter
}

func (noGauges) Float64ObservableGauge(string, ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	return nil, errMeter
}

func (noCallbacks) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	return nil, errMeter
}

func TestMeterProviderFails(t *testing.T) {
	t.Parallel()
	for _, meter := range []metric.Meter{noCounters{}, noHistograms{}, noGauges{}, noCallbacks{}} {
		_, err := otelpostern.New(&otelpostern.Config{MeterProvider: failing{meter: meter}})
		assert.ErrorIs(t, err, errMeter, "%T", meter)
	}
}
