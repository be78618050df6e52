package otelpostern

import (
	"fmt"
	"reflect"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/postern-go/postern/token"
)

// usualSpanOver is far more than a decision needs that waits for nothing.
const usualSpanOver = 5 * time.Millisecond

// Config says where the instruments come from. Its zero value, and a nil
// *Config, are good for most services.
type Config struct {
	// MeterProvider makes the instruments. Nil means otel.GetMeterProvider.
	MeterProvider metric.MeterProvider
	// TracerProvider makes the spans. Nil means otel.GetTracerProvider.
	TracerProvider trace.TracerProvider
	// SpanOver is how long a decision must have taken to get a span of its own.
	// Zero means 5 milliseconds, so that those have one that waited for keys or
	// for an answer. Negative means that every decision has one.
	SpanOver time.Duration
	// Routes gives the counter of decisions the attributes http.route or
	// rpc.method for calls that the program has listed; see
	// scope.Decision.Listed. The first 64 routes have series of their own. Other
	// calls count without a route. False: all calls do.
	Routes bool
}

// Validate checks the settings. It does not block. The error matches
// token.ErrConfig. New calls it.
func (c *Config) Validate() error {
	if c == nil {
		return nil
	}
	for name, provider := range map[string]any{"MeterProvider": c.MeterProvider, "TracerProvider": c.TracerProvider} {
		if v := reflect.ValueOf(provider); v.Kind() == reflect.Pointer && v.IsNil() {
			return fmt.Errorf("otelpostern: %w: %s is a nil %T", token.ErrConfig, name, provider)
		}
	}
	return nil
}

func (c *Config) withDefaults() Config {
	var full Config
	if c != nil {
		full = *c
	}
	if full.MeterProvider == nil {
		full.MeterProvider = otel.GetMeterProvider()
	}
	if full.TracerProvider == nil {
		full.TracerProvider = otel.GetTracerProvider()
	}
	if full.SpanOver == 0 {
		full.SpanOver = usualSpanOver
	}
	return full
}
