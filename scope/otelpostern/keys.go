package otelpostern

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/postern-go/postern/jwks"
)

// Keys returns the hooks for a jwks.RemoteConfig, and makes the series of its
// counters. name is what the issuer is called in metrics: a short word of your
// choice. The first 64 names have series of their own, and all others share
// those of "other". A name longer than 100 bytes is cut. The hooks do not block.
func (i *Instruments) Keys(name string) *jwks.Trace {
	s := i.fetching.series(i.issuers.label(name))
	s.begin()
	return &jwks.Trace{
		FetchDone: s.fetched,
		Refresh:   s.refreshed,
		Skip:      s.skip,
		Budget:    func() { s.in.budget.Add(context.Background(), 1, s.issuer...) },
		Stale:     func(time.Duration) { s.in.stale.Add(context.Background(), 1, s.issuer...) },
	}
}

// fetching are the instruments of fetches.
type fetching struct {
	fetches, refreshes, budget, stale, skipped metric.Int64Counter
	duration                                   metric.Float64Histogram
}

func newFetching(m *maker) fetching {
	return fetching{
		fetches:   m.counter(jwksFetches, "{fetch}", "HTTP exchanges for keys and metadata."),
		refreshes: m.counter(jwksRefreshes, "{refresh}", "Attempts to get a key set."),
		budget:    m.counter(jwksBudgetRefusals, "{call}", "Calls with an unknown key id that were refused without a fetch."),
		stale:     m.counter(jwksStaleCalls, "{call}", "Calls served with keys past their lifetime, since the issuer cannot be reached."),
		skipped:   m.counter(jwksSkippedKeys, "{key}", "Keys of fetched sets that are not used."),
		duration: m.histogram(jwksFetchDuration, "Time that HTTP exchanges for keys and metadata took.",
			.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10),
	}
}

// The values of Result, in the order of their index.
var results = [...]string{ok, "unchanged", "error"}

const (
	resultOK = iota
	resultUnchanged
	resultError
)

// fetchSeries are the series of one issuer.
type fetchSeries struct {
	in        *fetching
	issuer    []metric.AddOption
	fetches   [len(results)][]metric.AddOption
	durations [len(results)][]metric.RecordOption
	refreshes map[jwks.Cause][len(results)][]metric.AddOption
	skipped   map[string][]metric.AddOption
}

func (f *fetching) series(label string) *fetchSeries {
	issuer := attribute.String(Issuer, label)
	s := &fetchSeries{
		in: f, issuer: with(issuer),
		refreshes: map[jwks.Cause][len(results)][]metric.AddOption{}, skipped: map[string][]metric.AddOption{},
	}
	for i, result := range results {
		s.fetches[i] = with(issuer, attribute.String(Result, result))
		s.durations[i] = []metric.RecordOption{metric.WithAttributes(issuer, attribute.String(Result, result))}
	}
	for _, cause := range append(causes(), other) {
		var options [len(results)][]metric.AddOption
		for i, result := range results {
			options[i] = with(issuer, attribute.String(Cause, string(cause)), attribute.String(Result, result))
		}
		s.refreshes[cause] = options
	}
	for _, reason := range append(slices.Collect(maps.Values(skipReasons())), other) {
		s.skipped[reason] = with(issuer, attribute.String(ErrorType, reason))
	}
	return s
}

func with(attributes ...attribute.KeyValue) []metric.AddOption {
	return []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(attributes...))}
}

func (s *fetchSeries) begin() {
	nothing(s.in.budget, s.issuer)
	nothing(s.in.stale, s.issuer)
	for _, options := range s.fetches {
		nothing(s.in.fetches, options)
	}
	for cause, all := range s.refreshes {
		for _, options := range all {
			if cause != other {
				nothing(s.in.refreshes, options)
			}
		}
	}
	for _, options := range s.skipped {
		nothing(s.in.skipped, options)
	}
}

func (s *fetchSeries) fetched(d jwks.FetchDone) {
	result := resultOK
	switch {
	case d.Err != nil:
		result = resultError
	case d.Status == http.StatusNotModified:
		result = resultUnchanged
	}
	s.in.fetches.Add(context.Background(), 1, s.fetches[result]...)
	s.in.duration.Record(context.Background(), d.Duration.Seconds(), s.durations[result]...)
}

func (s *fetchSeries) refreshed(r jwks.Refresh) {
	options, known := s.refreshes[r.Cause]
	if !known {
		options = s.refreshes[other]
	}
	result := resultOK
	switch {
	case r.Err != nil:
		result = resultError
	case len(r.Added)+len(r.Removed) == 0:
		result = resultUnchanged
	}
	s.in.refreshes.Add(context.Background(), 1, options[result]...)
}

func (s *fetchSeries) skip(k jwks.Skipped) {
	options, known := s.skipped[skipReasons()[k.Reason]]
	if !known {
		options = s.skipped[other]
	}
	s.in.skipped.Add(context.Background(), 1, options...)
}
