package prompostern

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/postern-go/postern/jwks"
)

// Keys returns the hooks for a jwks.RemoteConfig, and makes the series of its
// counters. name is what the issuer is called in metrics: a short word of your
// choice. The first 64 names have series of their own, and all others share
// those of "other". A name longer than 100 bytes is cut. The hooks do not block.
func (c *Collector) Keys(name string) *jwks.Trace {
	s := &fetchSeries{in: &c.fetching, issuer: c.issuers.label(name)}
	s.begin()
	return &jwks.Trace{
		FetchDone: s.fetched,
		Refresh:   s.refreshed,
		Skip:      s.skip,
		Budget:    func() { s.in.budget.WithLabelValues(s.issuer).Inc() },
		Stale:     func(time.Duration) { s.in.stale.WithLabelValues(s.issuer).Inc() },
	}
}

// fetching are the metrics of fetches.
type fetching struct {
	fetches, refreshes, budget, stale, skipped *prometheus.CounterVec
	duration                                   *prometheus.HistogramVec
}

func newFetching() fetching {
	return fetching{
		fetches:   counter("postern_jwks_fetches_total", "HTTP exchanges for keys and metadata.", "issuer", "result"),
		refreshes: counter("postern_jwks_refreshes_total", "Attempts to get a key set.", "issuer", "cause", "result"),
		budget:    counter("postern_jwks_budget_refusals_total", "Calls with an unknown key id that were refused without a fetch.", "issuer"),
		stale:     counter("postern_jwks_stale_calls_total", "Calls served with keys past their lifetime, since the issuer cannot be reached.", "issuer"),
		skipped:   counter("postern_jwks_skipped_keys_total", "Keys of fetched sets that are not used.", "issuer", "reason"),
		duration: histogram("postern_jwks_fetch_duration_seconds", "Time that HTTP exchanges for keys and metadata took.",
			[]float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}, "issuer", "result"),
	}
}

// The values of the label result.
const (
	unchanged = "unchanged"
	failed    = "error"
)

// fetchSeries are the series of one issuer.
type fetchSeries struct {
	in     *fetching
	issuer string
}

// begin makes the series of the counters.
func (s *fetchSeries) begin() {
	s.in.budget.WithLabelValues(s.issuer)
	s.in.stale.WithLabelValues(s.issuer)
	for _, result := range []string{ok, unchanged, failed} {
		s.in.fetches.WithLabelValues(s.issuer, result)
		for _, cause := range causes() {
			s.in.refreshes.WithLabelValues(s.issuer, string(cause), result)
		}
	}
	for _, reason := range skipReasons() {
		s.in.skipped.WithLabelValues(s.issuer, reason)
	}
	s.in.skipped.WithLabelValues(s.issuer, other)
}

func (s *fetchSeries) fetched(d jwks.FetchDone) {
	result := ok
	switch {
	case d.Err != nil:
		result = failed
	case d.Status == http.StatusNotModified:
		result = unchanged
	}
	s.in.fetches.WithLabelValues(s.issuer, result).Inc()
	s.in.duration.WithLabelValues(s.issuer, result).Observe(d.Duration.Seconds())
}

func (s *fetchSeries) refreshed(r jwks.Refresh) {
	cause, result := other, ok
	for _, known := range causes() {
		if r.Cause == known {
			cause = string(known)
		}
	}
	switch {
	case r.Err != nil:
		result = failed
	case len(r.Added)+len(r.Removed) == 0:
		result = unchanged
	}
	s.in.refreshes.WithLabelValues(s.issuer, cause, result).Inc()
}

func (s *fetchSeries) skip(k jwks.Skipped) {
	reason, known := skipReasons()[k.Reason]
	if !known {
		reason = other
	}
	s.in.skipped.WithLabelValues(s.issuer, reason).Inc()
}
