package alerts

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/otelpostern"
	"github.com/postern-go/postern/scope/prompostern"
	"github.com/postern-go/postern/token"
)

// Service is an API and the pages that Prometheus reads. A service has one such
// page: this one has both, to compare them.
type Service struct {
	// API wants a token with the scope orders:read, and rehearses to want
	// orders:list too.
	API http.Handler
	// Prometheus and OpenTelemetry show the same events. They are for a port
	// that only operators reach.
	Prometheus, OpenTelemetry http.Handler
}

// New makes a Service for the tokens of one issuer.
func New(issuer, audience string, client *http.Client, logger *slog.Logger) (*Service, error) {
	registry, exported := prometheus.NewRegistry(), prometheus.NewRegistry()
	prom := prompostern.New()
	if err := registry.Register(prom); err != nil {
		return nil, err
	}
	reader, err := exporter.New(exporter.WithRegisterer(exported))
	if err != nil {
		return nil, err
	}
	otel, err := otelpostern.New(&otelpostern.Config{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))})
	if err != nil {
		return nil, err
	}
	keys, err := jwks.NewRemote(jwks.RemoteConfig{
		Issuer: issuer, HTTPClient: client, Trace: jwks.Traces(prom.Keys("login"), otel.Keys("login")),
	})
	if err != nil {
		return nil, err
	}
	prom.Watch("login", keys)
	otel.Watch("login", keys)
	verifier, err := token.NewVerifier(token.Config{Issuer: issuer, Audience: []string{audience}, Keys: keys})
	if err != nil {
		return nil, err
	}
	auth := middleware.New(verifier, &middleware.Config{Trace: scope.Traces(scope.LogTo(logger, nil), prom.Trace(), otel.Trace())})
	return &Service{
		API:        auth.Require(scope.All("orders:read").And(scope.All("orders:list").Rehearsed()))(http.HandlerFunc(orders)),
		Prometheus: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), OpenTelemetry: promhttp.HandlerFor(exported, promhttp.HandlerOpts{}),
	}, nil
}

func orders(w http.ResponseWriter, r *http.Request) {
	t, _ := token.FromContext(r.Context())
	_, _ = w.Write([]byte("the orders of " + t.Subject() + "\n"))
}
