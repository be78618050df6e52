package prompostern_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope/prompostern"
)

// metrics is a Collector in a registry, as a service has it.
type metrics struct {
	*prompostern.Collector
	registry *prometheus.Registry
}

func newMetrics(t testing.TB) metrics {
	t.Helper()
	m := metrics{prompostern.New(), prometheus.NewPedanticRegistry()}
	require.NoError(t, m.registry.Register(m.Collector))
	return m
}

// collect is every series there is by "name{a=1,b=2}", with its value. That of
// a histogram is the number of observations.
func (m metrics) collect(t testing.TB) map[string]float64 {
	t.Helper()
	families, err := m.registry.Gather()
	require.NoError(t, err)
	series := map[string]float64{}
	for _, f := range families {
		require.NotEmpty(t, f.GetHelp())
		require.Equal(t, f.GetType() == dto.MetricType_COUNTER, strings.HasSuffix(f.GetName(), "_total"), f.GetName())
		for _, one := range f.GetMetric() {
			series[f.GetName()+labels(one)] = one.GetCounter().GetValue() + one.GetGauge().GetValue() + float64(one.GetHistogram().GetSampleCount())
		}
	}
	return series
}

func labels(m *dto.Metric) string {
	var list []string
	for _, l := range m.GetLabel() {
		list = append(list, fmt.Sprintf("%s=%s", l.GetName(), l.GetValue()))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// named are the series of one metric, of those with a value unless zeros are
// wanted too.
func named(all map[string]float64, name string, zeros bool) map[string]float64 {
	found := map[string]float64{}
	for series, value := range all {
		if rest, ok := strings.CutPrefix(series, name+"{"); ok && (zeros || value != 0) {
			found["{"+rest] = value
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
