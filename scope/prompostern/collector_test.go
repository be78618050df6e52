package prompostern_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope/prompostern"
)

func TestBuildInfo(t *testing.T) {
	t.Parallel()
	info := named(newMetrics(t).collect(t), "postern_build_info", false)
	require.Len(t, info, 1)
	for series, value := range info {
		assert.EqualValues(t, 1, value)
		assert.Contains(t, series, "goversion="+strings.Split(runtime.Version(), " ")[0])
		assert.NotContains(t, series, "version=}")
	}
}

// A collector belongs to one registry and is in none by itself.
func TestRegistry(t *testing.T) {
	t.Parallel()
	c := prompostern.New()
	families, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	for _, f := range families {
		assert.False(t, strings.HasPrefix(f.GetName(), "postern_"), f.GetName())
	}
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, prometheus.WrapRegistererWith(prometheus.Labels{"service": "orders"}, registry).Register(c))
	require.Error(t, registry.Register(c))
	families, err = registry.Gather()
	require.NoError(t, err)
	require.NotEmpty(t, families)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			assert.Contains(t, labels(m), "service=orders")
		}
	}
}
