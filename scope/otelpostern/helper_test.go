package otelpostern_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/postern-go/postern/scope/otelpostern"
)

// sdk is the SDK of OpenTelemetry as a service has it, with readers for tests.
type sdk struct {
	reader *metric.ManualReader
	spans  *tracetest.SpanRecorder
	tracer *trace.TracerProvider
	*otelpostern.Instruments
}

func newSDK(t testing.TB, cfg otelpostern.Config) *sdk {
	t.Helper()
	s := &sdk{reader: metric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	s.tracer = trace.NewTracerProvider(trace.WithSpanProcessor(s.spans))
	cfg.MeterProvider, cfg.TracerProvider = metric.NewMeterProvider(metric.WithReader(s.reader)), s.tracer
	made, err := otelpostern.New(&cfg)
	require.NoError(t, err)
	s.Instruments = made
	return s
}

// collect is every series there is by "name{a=1,b=2}", with its value. That of
// a histogram is the number of observations.
func (s *sdk) collect(t testing.TB) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, s.reader.Collect(t.Context(), &all))
	series := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, "github.com/postern-go/postern/scope/otelpostern", scope.Scope.Name)
		for _, m := range scope.Metrics {
			require.NotEmpty(t, m.Description)
			name := m.Name + " " + m.Unit
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				require.True(t, data.IsMonotonic)
				for _, p := range data.DataPoints {
					series[name+labels(p.Attributes)] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					series[name+labels(p.Attributes)] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					series[name+labels(p.Attributes)] = float64(p.Count)
				}
			default:
				t.Fatalf("%s is a %T", name, data)
			}
		}
	}
	return series
}

func labels(set attribute.Set) string {
	var list []string
	for _, a := range set.ToSlice() {
		list = append(list, fmt.Sprintf("%s=%s", strings.TrimPrefix(string(a.Key), "postern."), a.Value.Emit()))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// named are the series of one instrument, of those with a value unless zeros are
// wanted too.
func named(all map[string]float64, name string, zeros bool) map[string]float64 {
	found := map[string]float64{}
	for series, value := range all {
		if rest, ok := strings.CutPrefix(series, name+" "); ok && (zeros || value != 0) {
			found[rest] = value
		}
	}
	return found
}

func keysOf[V any](m map[string]V) (list []string) {
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// sorted is the series of m, whatever the order of their attributes.
func sorted(m map[string]float64) map[string]float64 {
	out := map[string]float64{}
	for series, value := range m {
		list := []byte(series)
		slices.Sort(list)
		out[string(list)] = value
	}
	return out
}
