package alerts_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/alerts"
	"github.com/postern-go/postern/token/tokentest"
)

// run is a service that is called and scraped for some time.
type run struct {
	issuer  *tokentest.Issuer
	service *alerts.Service
	pages   [2]*history
}

func newRun(t *testing.T) *run {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	service, err := alerts.New(issuer.Identifier(), audience, issuer.Client(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return &run{issuer, service, [2]*history{{map[string]*stored{}}, {map[string]*stored{}}}}
}

const step = time.Minute

// call makes 20 good calls in each step, and count bad ones: with a token that
// the edits spoil, or without one.
func (r *run) call(t *testing.T, duration time.Duration, count int, edits ...tokentest.Edit) {
	t.Helper()
	for range duration / step {
		good, bad := r.token(), ""
		if len(edits) > 0 {
			bad = r.token(edits...)
		}
		for range 20 {
			r.present(good)
		}
		for range count {
			r.present(bad)
		}
		r.idle(t, step)
	}
}

// idle makes no call.
func (r *run) idle(t *testing.T, duration time.Duration) {
	t.Helper()
	for range duration / step {
		time.Sleep(step)
		synctest.Wait()
		r.pages[0].scrape(t, r.service.Prometheus, time.Now())
		r.pages[1].scrape(t, r.service.OpenTelemetry, time.Now())
	}
}

func (r *run) token(edits ...tokentest.Edit) string {
	return r.issuer.Token(append([]tokentest.Edit{tokentest.Audience(audience), tokentest.Scope("orders:read orders:list")}, edits...)...)
}

func (r *run) present(raw string) {
	request := httptest.NewRequest(http.MethodGet, "/orders", nil)
	if raw != "" {
		request.Header.Set("Authorization", "Bearer "+raw)
	}
	r.service.API.ServeHTTP(httptest.NewRecorder(), request)
}

// Each alert is on for its fault and for no other.
func TestAlertsFire(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault func(*testing.T, *run)
		want  string // "" for none
	}{
		"health": {func(t *testing.T, r *run) { r.call(t, 70*time.Minute, 0) }, ""},
		"a few bad calls": {func(t *testing.T, r *run) {
			r.call(t, 70*time.Minute, 1, tokentest.Audience("https://other.example.com"))
			r.call(t, 10*time.Minute, 1)
		}, ""},
		"a replica that is not called": {func(t *testing.T, r *run) {
			r.call(t, 10*time.Minute, 0)
			r.idle(t, 100*time.Minute)
		}, ""},
		"an issuer that is down from the start": {func(t *testing.T, r *run) {
			r.issuer.GoDown()
			r.call(t, 10*time.Minute, 0)
		}, "Calls cannot be judged"},
		"an issuer that goes down": {func(t *testing.T, r *run) {
			r.call(t, 10*time.Minute, 0)
			r.issuer.GoDown()
			r.call(t, 100*time.Minute, 0)
		}, "Keys are old"},
		"an issuer that was down": {func(t *testing.T, r *run) {
			r.call(t, 10*time.Minute, 0)
			r.issuer.GoDown()
			r.call(t, 100*time.Minute, 0)
			r.issuer.ComeUp()
			r.call(t, 20*time.Minute, 0)
		}, ""},
		"a key that is not published": {func(t *testing.T, r *run) {
			r.call(t, 70*time.Minute, 0)
			r.call(t, 10*time.Minute, 5, tokentest.Key(r.issuer.ForeignKey("ES256", "not-published")))
		}, "Keys are not known"},
		"another audience": {func(t *testing.T, r *run) {
			r.call(t, 70*time.Minute, 0)
			r.call(t, 10*time.Minute, 20, tokentest.Audience("https://other.example.com"))
		}, "Tokens are for somebody else"},
		"a scope that is rehearsed": {func(t *testing.T, r *run) {
			r.call(t, 70*time.Minute, 0)
			r.call(t, 10*time.Minute, 1, tokentest.Scope("orders:read"))
		}, "A rehearsal would refuse calls"},
		"calls without a token": {func(t *testing.T, r *run) {
			r.call(t, 10*time.Minute, 60*int(step/time.Second))
		}, "Garbage is sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r *run
			var end time.Time
			synctest.Test(t, func(t *testing.T) {
				r = newRun(t)
				c.fault(t, r)
				end = time.Now()
			})
			r.assertSame(t)
			for i, system := range []string{"prompostern", "otelpostern"} {
				var want []string
				if c.want != "" {
					want = []string{c.want}
				}
				assert.Equal(t, want, on(t, r.pages[i], i, end), system)
			}
		})
	}
}

// on lists the alerts that are on at a time.
func on(t *testing.T, h *history, system int, at time.Time) (names []string) {
	t.Helper()
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute})
	defer engine.Close()
	for _, a := range alertsOf(t) {
		query, err := engine.NewInstantQuery(t.Context(), h, nil, a.queries[system], at)
		require.NoError(t, err, a.name)
		result := query.Exec(t.Context())
		require.NoError(t, result.Err, a.name)
		require.Empty(t, result.Warnings, a.name)
		vector, err := result.Vector()
		require.NoError(t, err, a.name)
		if len(vector) > 0 {
			names = append(names, a.name)
		}
		query.Close()
	}
	return names
}
