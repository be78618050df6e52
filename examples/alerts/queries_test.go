package alerts_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/alerts"
	"github.com/postern-go/postern/token/tokentest"
)

const audience = "https://orders.example.com"

// pages are what a service on loopback shows after a call that fetched keys.
func pages(t *testing.T) (found [2]map[string]*dto.MetricFamily) {
	t.Helper()
	issuer := tokentest.NewLoopbackIssuer(t, nil)
	service, err := alerts.New(issuer.Identifier(), audience, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/orders", service.API)
	mux.Handle("/0", service.Prometheus)
	mux.Handle("/1", service.OpenTelemetry)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	good := issuer.Token(tokentest.Audience(audience), tokentest.Scope("orders:read"))
	status, _ := get(t, server.URL+"/orders", good)
	require.Equal(t, http.StatusOK, status)
	for i, path := range []string{"/0", "/1"} {
		status, page := get(t, server.URL+path, "")
		require.Equal(t, http.StatusOK, status)
		found[i] = parse(t, page)
	}
	return found
}

func get(t *testing.T, url, raw string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	if raw != "" {
		r.Header.Set("Authorization", "Bearer "+raw)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// A query about a metric that is not there is never on, and looks healthy.
func TestQueriesNameWhatIsThere(t *testing.T) {
	t.Parallel()
	shown := pages(t)
	for _, a := range alertsOf(t) {
		for i, query := range a.queries {
			assert.Empty(t, unknown(t, shown[i], query), "%s: %s", a.name, query)
		}
	}
	for _, wrong := range []string{
		"postern_nothing > 0", `postern_jwks_keys{client="x"}`, `postern_authentications_total{reason="no_such"}`,
		`postern_authentications_total{reason=~"no|such"}`, `postern_authentications_total{reason=~"missing|nosuch"}`, `postern_authentications_total{reason!="no_such"}`,
		"sum by (client) (postern_jwks_keys)", "postern_jwks_keys and on (client) postern_jwks_keys",
	} {
		assert.Len(t, unknown(t, shown[0], wrong), 1, wrong)
	}
}

// unknown lists what a query names and the page does not show.
func unknown(t *testing.T, shown map[string]*dto.MetricFamily, query string) (missing []string) {
	t.Helper()
	expr, err := parser.ParseExpr(query)
	require.NoError(t, err, query)
	known := map[string]bool{"job": true, "instance": true} // of the scrape
	var grouped []string
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			family := shown[n.Name]
			if family == nil {
				missing = append(missing, n.Name)
				return nil
			}
			for name := range valuesOf(family) {
				known[name] = true
			}
			for _, m := range n.LabelMatchers {
				missing = append(missing, unknownValues(family, m)...)
			}
		case *parser.AggregateExpr:
			grouped = append(grouped, n.Grouping...)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				grouped = append(grouped, n.VectorMatching.MatchingLabels...)
			}
		}
		return nil
	})
	for _, name := range grouped {
		if !known[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

// unknownValues are those that a matcher names. Of a regular expression, each
// alternative counts.
func unknownValues(family *dto.MetricFamily, m *labels.Matcher) (missing []string) {
	if m.Name == labels.MetricName {
		return nil
	}
	for value := range strings.SplitSeq(m.Value, "|") {
		if !valuesOf(family)[m.Name][value] {
			return append(missing, m.String())
		}
	}
	return nil
}

// valuesOf are the values of each label.
func valuesOf(family *dto.MetricFamily) map[string]map[string]bool {
	values := map[string]map[string]bool{}
	for _, m := range family.GetMetric() {
		for _, l := range m.GetLabel() {
			if values[l.GetName()] == nil {
				values[l.GetName()] = map[string]bool{}
			}
			values[l.GetName()][l.GetValue()] = true
		}
	}
	return values
}

// The table of names has every metric of both systems, under the names that they
// really have.
func TestNames(t *testing.T) {
	t.Parallel()
	shown := pages(t)
	var named [2][]string
	for _, r := range rows(t) {
		assert.True(t, strings.HasPrefix(r.exported, strings.ReplaceAll(r.instrument, ".", "_")), r.instrument)
		assert.Empty(t, unknown(t, shown[0], r.prometheus), r.prometheus)
		assert.Empty(t, unknown(t, shown[1], r.exported), r.exported)
		expr, err := parser.ParseExpr(r.prometheus)
		require.NoError(t, err)
		named[0] = append(named[0], parser.ExtractSelectors(expr)[0][0].Value)
		named[1] = append(named[1], r.exported)
	}
	named[0] = append(named[0], "postern_build_info")
	for i := range shown {
		var all []string
		for name := range shown[i] {
			if strings.HasPrefix(name, "postern_") {
				all = append(all, name)
			}
		}
		assert.ElementsMatch(t, all, named[i])
	}
}
