package prompostern_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Real calls to a real guard.
func TestDecisions(t *testing.T) {
	t.Parallel()
	s := newMetrics(t)
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	auth := middleware.New(verifier, &middleware.Config{Trace: s.Trace()})
	inner := auth.Require(scope.Authenticated)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	handler := auth.Require(scope.All("read"))(inner)
	good := issuer.Token(tokentest.Scope("read"))
	for raw, status := range map[string]int{
		"": 401, "Bearer " + good: 200, "Bearer x y": 400, "Bearer x": 401, "Bearer " + issuer.Token(): 403,
		"Bearer " + issuer.Token(tokentest.ExpiresIn(-time.Hour)): 401,
	} {
		assert.Equal(t, status, call(handler, raw), raw)
	}
	assert.Equal(t, 200, call(handler, "Bearer "+good))
	all := s.collect(t)
	assert.Equal(t, map[string]float64{
		"{outcome=ok,reason=,transport=http}":               2,
		"{outcome=missing,reason=missing,transport=http}":   1,
		"{outcome=request,reason=request,transport=http}":   1,
		"{outcome=invalid,reason=malformed,transport=http}": 1,
		"{outcome=scope,reason=scope,transport=http}":       1,
		"{outcome=invalid,reason=expired,transport=http}":   1,
	}, named(all, "postern_authentications_total", false))
	assert.Equal(t, map[string]float64{
		"{outcome=ok,transport=http,verification=verified}":    1,
		"{outcome=ok,transport=http,verification=cached}":      1,
		"{outcome=missing,transport=http,verification=none}":   1,
		"{outcome=request,transport=http,verification=none}":   1,
		"{outcome=invalid,transport=http,verification=none}":   2,
		"{outcome=scope,transport=http,verification=verified}": 1,
	}, named(all, "postern_authentication_duration_seconds", false))
}

func call(handler http.Handler, authorization string) int {
	r := httptest.NewRequest("GET", "/", nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

// What a decision counts as.
func TestKindsOfDecisions(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	const ended = "{outcome=unavailable,reason=call_ended,transport=http}"
	const unavailable = "{outcome=unavailable,reason=unavailable,transport=http}"
	hung := token.AsOutcome(fmt.Errorf("x: %w", context.Canceled), token.ErrUnavailable)
	for name, c := range map[string]struct {
		ctx   context.Context
		d     scope.Decision
		want  string // "": not counted
		timed bool
	}{
		"a reason":                      {d: scope.Decision{Err: token.ErrAudience, Duration: 1}, want: "{outcome=invalid,reason=audience,transport=http}", timed: true},
		"allowed":                       {d: scope.Decision{Duration: 1}, want: "{outcome=ok,reason=,transport=http}", timed: true},
		"allowed by a clock that rests": {d: scope.Decision{}, want: "{outcome=ok,reason=,transport=http}", timed: true},
		"nested":                        {d: scope.Decision{Nested: true, Duration: 1}},
		"nested and refused":            {d: scope.Decision{Nested: true, Duration: 1, Err: token.ErrDenied}, want: "{outcome=denied,reason=denied,transport=http}", timed: true},
		"expired during the call":       {d: scope.Decision{Transport: scope.GRPC, Err: token.ErrExpired}, want: "{outcome=invalid,reason=expired,transport=grpc}"},
		"the call ended":                {ctx: gone, d: scope.Decision{Err: hung, Duration: 1}, want: ended, timed: true},
		"ended, and not for that":       {ctx: gone, d: scope.Decision{Err: token.ErrUnavailable, Duration: 1}, want: unavailable, timed: true},
		"another context has ended":     {d: scope.Decision{Err: hung, Duration: 1}, want: unavailable, timed: true},
		"ended after the verdict":       {ctx: gone, d: scope.Decision{Err: token.AsOutcome(context.Canceled, token.ErrDenied), Duration: 1}, want: "{outcome=denied,reason=denied,transport=http}", timed: true},
		"a foreign error":               {d: scope.Decision{Err: errors.New("evil"), Duration: 1}, want: unavailable, timed: true},
		"a foreign transport":           {d: scope.Decision{Transport: "evil", Duration: 1}, want: "{outcome=ok,reason=,transport=other}", timed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newMetrics(t)
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			if c.d.Transport == "" {
				c.d.Transport = scope.HTTP
			}
			if c.d.Err == nil {
				s.Trace().Allowed(c.ctx, c.d)
			} else {
				s.Trace().Refused(c.ctx, c.d)
			}
			all := s.collect(t)
			want := map[string]float64{}
			if c.want != "" {
				want[c.want] = 1
			}
			assert.Equal(t, want, named(all, "postern_authentications_total", false))
			assert.Equal(t, c.timed, len(named(all, "postern_authentication_duration_seconds", false)) == 1)
		})
	}
}

// An alert on a rate needs the series before the first refusal.
func TestEverySeriesFromTheStart(t *testing.T) {
	t.Parallel()
	s := newMetrics(t)
	s.Keys("login")
	all := s.collect(t)
	for series, value := range all {
		if !strings.HasPrefix(series, "postern_build_info") {
			assert.Zero(t, value, series)
		}
	}
	decisions := named(all, "postern_authentications_total", true)
	assert.Len(t, decisions, 2*(2+len(token.Reasons())))
	for _, err := range token.Reasons() {
		for _, transport := range []string{"http", "grpc"} {
			assert.Contains(t, keysOf(decisions), fmt.Sprintf("{outcome=%s,reason=%s,transport=%s}", token.Outcome(err), token.Reason(err), transport))
		}
	}
	for name, count := range map[string]int{
		"postern_jwks_fetches_total": 3, "postern_jwks_refreshes_total": 15, "postern_jwks_budget_refusals_total": 1, "postern_jwks_stale_calls_total": 1, "postern_jwks_skipped_keys_total": 9,
	} {
		assert.Len(t, named(all, name, true), count, name)
	}
}

// Guards call the hooks concurrently, while Prometheus reads.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	s := newMetrics(t)
	trace := s.Trace()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 200 {
				trace.Allowed(context.Background(), scope.Decision{Transport: scope.GRPC})
				trace.Refused(context.Background(), scope.Decision{Transport: "other", Err: token.ErrMissing, Duration: 1})
				s.Keys(fmt.Sprint(i)).Budget()
			}
		})
	}
	all.Go(func() { s.collect(t) })
	all.Wait()
	found := s.collect(t)
	assert.EqualValues(t, 1600, named(found, "postern_authentications_total", false)["{outcome=ok,reason=,transport=grpc}"])
	assert.EqualValues(t, 1600, named(found, "postern_authentication_duration_seconds", false)["{outcome=missing,transport=other,verification=none}"])
}

// A rehearsed refusal counts beside the decision, which let the call through.
func TestRehearsals(t *testing.T) {
	t.Parallel()
	s := newMetrics(t)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	s.Trace().Allowed(context.Background(), scope.Decision{Transport: scope.HTTP, Rehearsed: token.ErrDenied})
	s.Trace().Allowed(context.Background(), scope.Decision{Transport: scope.HTTP, Rehearsed: token.ErrDenied, Nested: true})
	s.Trace().Allowed(gone, scope.Decision{Transport: scope.HTTP, Rehearsed: token.AsOutcome(gone.Err(), token.ErrUnavailable)})
	all := s.collect(t)
	assert.Equal(t, map[string]float64{"{outcome=ok,reason=,transport=http}": 2}, named(all, "postern_authentications_total", false))
	assert.Equal(t, map[string]float64{"{outcome=denied,reason=denied,transport=http}": 2, "{outcome=unavailable,reason=call_ended,transport=http}": 1}, named(all, "postern_rehearsed_refusals_total", false))
	assert.Len(t, named(all, "postern_rehearsed_refusals_total", true), 2*(1+len(token.Reasons())))
}
