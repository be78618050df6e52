package alerts_test

import (
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// totals are the last values of all counters, by their labels as prompostern
// writes them.
func totals(t *testing.T, h *history) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for _, s := range h.series {
		if !strings.HasPrefix(s.labels.Get(labels.MetricName), "postern_") || !strings.HasSuffix(s.labels.Get(labels.MetricName), "_total") {
			continue
		}
		b := labels.NewScratchBuilder(0)
		s.labels.Range(func(l labels.Label) {
			switch {
			case strings.HasPrefix(l.Name, "otel_scope_"):
			case l.Name == "error_type":
				b.Add("reason", l.Value)
			case l.Value != "":
				b.Add(strings.TrimPrefix(l.Name, "postern_"), l.Value)
			}
		})
		b.Sort()
		found[b.Labels().String()] = s.samples[len(s.samples)-1].F()
	}
	require.NotEmpty(t, found)
	return found
}

// assertSame holds both modules to the same idea of what counts as what.
func (r *run) assertSame(t *testing.T) {
	t.Helper()
	assert.Equal(t, totals(t, r.pages[0]), totals(t, r.pages[1]), "both modules saw the same")
}
