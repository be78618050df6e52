package otelpostern_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/otelpostern"
	"github.com/postern-go/postern/token"
)

// A whole service: an issuer's keys, a guard with a log and metrics, a call
// without a token, and what was counted.
func Example() {
	issuer := exampleIssuer()
	defer issuer.Close()
	reader := metric.NewManualReader() // a service has an exporter
	m, err := otelpostern.New(&otelpostern.Config{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))})
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: issuer.URL, Trace: m.Keys("login")})
	if err != nil {
		fmt.Println(err)
		return
	}
	m.Watch("login", keys)
	verifier, err := token.NewVerifier(token.Config{Issuer: issuer.URL, Audience: []string{"https://orders.example.com"}, Keys: keys})
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(slog.DiscardHandler)
	auth := middleware.New(verifier, &middleware.Config{Trace: scope.Traces(scope.LogTo(logger, nil), m.Trace())})
	service := auth.Require(scope.All("orders:read"))(http.NotFoundHandler())

	service.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/orders/7", nil))
	fmt.Println(keys.Ready(context.Background()))
	for _, line := range counted(reader) {
		fmt.Println(line)
	}
	// Output:
	// <nil>
	// postern.authentications error.type=missing postern.outcome=missing postern.transport=http 1
	// postern.jwks.fetches postern.issuer=login postern.result=ok 2
	// postern.jwks.refreshes postern.cause=empty postern.issuer=login postern.result=ok 1
}

// A decision that waited gets a span of its own.
func ExampleInstruments_Trace() {
	recorder := tracetest.NewSpanRecorder()
	m, err := otelpostern.New(&otelpostern.Config{TracerProvider: trace.NewTracerProvider(trace.WithSpanProcessor(recorder))})
	if err != nil {
		fmt.Println(err)
		return
	}
	hooks := m.Trace()
	hooks.Refused(context.Background(), scope.Decision{ // as a guard does
		Policy: scope.All("orders:read"), Transport: scope.HTTP, Duration: time.Second, Err: token.ErrKeysUnavailable,
	})
	for _, span := range recorder.Ended() {
		fmt.Println(span.Name(), span.EndTime().Sub(span.StartTime()), span.Status().Code, span.Status().Description)
	}
	// Output: postern.authenticate 1s Error keys_unavailable
}

// exampleIssuer is an authorization server as far as its keys are concerned.
func exampleIssuer() *httptest.Server {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q}`, server.URL, server.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	})
	return server
}

// counted are the counters that are not zero.
func counted(reader *metric.ManualReader) (lines []string) {
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		return []string{err.Error()}
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		sum, _ := m.Data.(metricdata.Sum[int64])
		for _, p := range sum.DataPoints {
			if p.Value > 0 {
				lines = append(lines, fmt.Sprint(m.Name, " ", text(p.Attributes.ToSlice()), " ", p.Value))
			}
		}
	}
	slices.Sort(lines)
	return lines
}
