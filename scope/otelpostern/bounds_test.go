package otelpostern_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/otelpostern"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// hostile is a call in which a stranger chose everything that can be chosen.
// Each of these values has the word evil in it.
func hostile(n int, good string) (r *http.Request, raw string) {
	evil := fmt.Sprintf("evil%d", n)
	parts := strings.Split(good, ".")
	encode := func(format string, args ...any) string {
		return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, format, args...))
	}
	switch n % 6 {
	case 0:
		parts[0] = encode(`{"alg":"ES256","typ":"at+jwt","kid":%q}`, evil)
	case 1:
		parts[1] = encode(`{"iss":%q,"aud":%q,"sub":%q,"client_id":%q,"exp":1}`, evil, evil, evil, evil)
	case 2:
		parts[0] = encode(`{"alg":%q,"typ":%q}`, evil, evil)
	case 3:
		parts[2] = encode("%s", evil)
	case 4:
		parts = []string{evil}
	case 5:
		parts = []string{good} // which lacks the scope
	}
	raw = strings.Join(parts, ".")
	r = httptest.NewRequest(http.MethodGet, "/"+evil, nil)
	r.Method, r.Host = strings.ToUpper(evil), evil+".example"
	r.Header.Set("User-Agent", evil)
	r.Header.Set("Authorization", "Bearer "+raw)
	return r, raw
}

func TestHostileTokensMakeNoSeries(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{Routes: true})
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: cfg.Issuer, HTTPClient: issuer.Client(), Trace: s.Keys("login")})
	require.NoError(t, err)
	s.Watch("login", remote)
	cfg.Keys, cfg.HTTPClient = remote, nil
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	trace := s.Trace()
	handler := middleware.New(verifier, &middleware.Config{Trace: trace}).Require(scope.All("admin"))(http.NotFoundHandler())
	good := issuer.Token(tokentest.Scope("read"))
	attack := func(from, to int) map[string]float64 {
		for n := from; n < to; n++ {
			r, raw := hostile(n/2, good)
			if n%2 == 0 {
				handler.ServeHTTP(httptest.NewRecorder(), r)
				continue
			}
			_, err := verifier.Authenticate(t.Context(), token.Bearer(raw))
			trace.Refused(t.Context(), scope.Decision{Transport: scope.GRPC, Route: r.URL.Path + "/" + raw, Method: "POST", Err: token.AsOutcome(err, token.ErrDenied), Duration: 1})
		}
		return s.collect(t)
	}
	before := attack(0, 1000)
	after := attack(1000, 100_000)
	assert.Equal(t, keysOf(before), keysOf(after))
	assert.Less(t, len(after), 200)
	total := 0.0
	for series, value := range named(after, "postern.authentications", false) {
		assert.NotContains(t, series, "evil")
		total += value
	}
	assert.EqualValues(t, 100_000, total)
	assert.Greater(t, len(named(after, "postern.authentications", false)), 8, "the attacks differ")
	assert.Positive(t, named(after, "postern.jwks.budget.refusals", true)["{call}{issuer=login}"])
}

// A service that makes a Remote for each tenant makes few series.
func TestIssuersAreBounded(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{})
	for i := range 1000 {
		s.Keys(fmt.Sprintf("tenant-%d", i)).Budget()
		s.Keys("tenant-1").Budget()
	}
	got := named(s.collect(t), "postern.jwks.budget.refusals", true)
	assert.Len(t, got, 65)
	assert.EqualValues(t, 1000-64, got["{call}{issuer=other}"])
	assert.EqualValues(t, 1001, got["{call}{issuer=tenant-1}"])
	s = newSDK(t, otelpostern.Config{})
	s.Keys("é" + strings.Repeat("é", 99) + "\xff").Budget()
	assert.Equal(t, []string{"{call}{issuer=" + strings.Repeat("é", 50) + "}"}, keysOf(named(s.collect(t), "postern.jwks.budget.refusals", true)))
}

// The hooks run at every call, and mostly the token is remembered.
func TestCost(t *testing.T) {
	s := newSDK(t, otelpostern.Config{Routes: true})
	for name, tell := range warm(s) {
		assert.LessOrEqual(t, testing.AllocsPerRun(1000, tell), 1.0, name)
	}
}

func BenchmarkTrace(b *testing.B) {
	for name, tell := range warm(newSDK(b, otelpostern.Config{Routes: true})) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tell()
			}
		})
	}
}

func warm(s *sdk) map[string]func() {
	trace, ctx := s.Trace(), context.Background()
	allowed := scope.Decision{Policy: scope.All("read"), Transport: scope.HTTP, Duration: 900}
	routed, refused := allowed, allowed
	routed.Route, routed.Listed = "GET /orders/{id}", true
	refused.Err = token.ErrMissing
	return map[string]func(){
		"allowed": func() { trace.Allowed(ctx, allowed) },
		"routed":  func() { trace.Allowed(ctx, routed) },
		"refused": func() { trace.Refused(ctx, refused) },
	}
}

// A service that speaks HTTP only links no grpc because it has metrics.
func TestNoGRPC(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	require.NoError(t, err, string(out))
	deps := strings.Fields(string(out))
	assert.Contains(t, deps, "go.opentelemetry.io/otel/metric")
	for _, dep := range deps {
		for _, unwanted := range []string{"google.golang.org", "testing", "github.com/postern-go/postern/grpcauth", "go.opentelemetry.io/otel/sdk"} {
			assert.False(t, dep == unwanted || strings.HasPrefix(dep, unwanted+"/"), "%s is linked", dep)
		}
	}
}
