package prompostern_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/prompostern"
	"github.com/postern-go/postern/token"
)

// A whole service: an issuer's keys, a guard with a log and metrics, a call
// without a token, and what Prometheus reads afterwards.
func Example() {
	issuer := exampleIssuer()
	defer issuer.Close()
	registry := prometheus.NewRegistry()
	m := prompostern.New()
	registry.MustRegister(m)
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
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{}) // at a port for operators

	service.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/orders/7", nil))
	fmt.Println(keys.Ready(context.Background()))
	page := httptest.NewRecorder()
	metrics.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.Contains(line, "_total{") && !strings.HasSuffix(line, " 0\n") || strings.HasPrefix(line, "postern_jwks_keys{") {
			fmt.Print(line)
		}
	}
	// Output:
	// <nil>
	// postern_authentications_total{outcome="missing",reason="missing",transport="http"} 1
	// postern_jwks_fetches_total{issuer="login",result="ok"} 2
	// postern_jwks_keys{issuer="login"} 1
	// postern_jwks_refreshes_total{cause="empty",issuer="login",result="ok"} 1
}

// Each metric, as the registry learns it.
func ExampleCollector_Describe() {
	descriptions := make(chan *prometheus.Desc, 100)
	prompostern.New().Describe(descriptions)
	close(descriptions)
	var names []string
	for d := range descriptions {
		names = append(names, strings.Split(d.String(), `"`)[1])
	}
	slices.Sort(names)
	fmt.Println(len(names), names[0])
	// Output: 14 postern_authentication_duration_seconds
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
