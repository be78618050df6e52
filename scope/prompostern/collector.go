package prompostern

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

// Collector is the metrics of a process, for one registry. Make it once with
// New. Its methods may be called concurrently, and do not block.
type Collector struct {
	decisions decisions
	fetching  fetching
	issuers   names
	watched   watched
	build     prometheus.Metric
}

// New makes a Collector, and every series of the counters of decisions. To give
// its metrics constant labels, wrap the registry with
// prometheus.WrapRegistererWith.
func New() *Collector {
	about := prometheus.NewDesc("postern_build_info", "Version of postern, and of Go, that the program was built with.", []string{"version", "goversion"}, nil)
	return &Collector{
		decisions: newDecisions(), fetching: newFetching(), watched: newWatched(),
		build: prometheus.MustNewConstMetric(about, prometheus.GaugeValue, 1, version(), runtime.Version()),
	}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, part := range c.parts() {
		part.Describe(to)
	}
	to <- c.build.Desc()
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	for _, part := range c.parts() {
		part.Collect(to)
	}
	to <- c.build
}

func (c *Collector) parts() []prometheus.Collector {
	f := &c.fetching
	return []prometheus.Collector{
		c.decisions.count, c.decisions.rehearsals, c.decisions.duration, f.fetches, f.duration, f.refreshes, f.budget, f.stale, f.skipped, &c.watched,
	}
}

// version is that of postern in this program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "github.com/postern-go/postern" && m.Version != "" {
				return m.Version
			}
		}
	}
	return "unknown"
}

func counter(name, about string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: about}, labels)
}

func histogram(name, about string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: about, Buckets: buckets}, labels)
}
