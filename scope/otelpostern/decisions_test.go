package otelpostern_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/otelpostern"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Real calls to a real guard.
func TestDecisions(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{})
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
		"{decision}{outcome=ok,transport=http}":                           2,
		"{decision}{error.type=missing,outcome=missing,transport=http}":   1,
		"{decision}{error.type=request,outcome=request,transport=http}":   1,
		"{decision}{error.type=malformed,outcome=invalid,transport=http}": 1,
		"{decision}{error.type=scope,outcome=scope,transport=http}":       1,
		"{decision}{error.type=expired,outcome=invalid,transport=http}":   1,
	}, named(all, "postern.authentications", false))
	assert.Equal(t, map[string]float64{
		"s{outcome=ok,transport=http,verification=verified}":    1,
		"s{outcome=ok,transport=http,verification=cached}":      1,
		"s{outcome=missing,transport=http,verification=none}":   1,
		"s{outcome=request,transport=http,verification=none}":   1,
		"s{outcome=invalid,transport=http,verification=none}":   2,
		"s{outcome=scope,transport=http,verification=verified}": 1,
	}, named(all, "postern.authentication.duration", false))
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
	const ended = "{decision}{error.type=call_ended,outcome=unavailable,transport=http}"
	const unavailable = "{decision}{error.type=unavailable,outcome=unavailable,transport=http}"
	hung := token.AsOutcome(fmt.Errorf("x: %w", context.Canceled), token.ErrUnavailable)
	for name, c := range map[string]struct {
		ctx   context.Context
		d     scope.Decision
		want  string // "": not counted
		timed bool
	}{
		"a reason":                      {d: scope.Decision{Err: token.ErrAudience, Duration: 1}, want: "{decision}{error.type=audience,outcome=invalid,transport=http}", timed: true},
		"allowed":                       {d: scope.Decision{Duration: 1}, want: "{decision}{outcome=ok,transport=http}", timed: true},
		"allowed by a clock that rests": {d: scope.Decision{}, want: "{decision}{outcome=ok,transport=http}", timed: true},
		"nested":                        {d: scope.Decision{Nested: true, Duration: 1}},
		"nested and refused":            {d: scope.Decision{Nested: true, Duration: 1, Err: token.ErrDenied}, want: "{decision}{error.type=denied,outcome=denied,transport=http}", timed: true},
		"expired during the call":       {d: scope.Decision{Transport: scope.GRPC, Err: token.ErrExpired}, want: "{decision}{error.type=expired,outcome=invalid,transport=grpc}"},
		"the call ended":                {ctx: gone, d: scope.Decision{Err: hung, Duration: 1}, want: ended, timed: true},
		"ended, and not for that":       {ctx: gone, d: scope.Decision{Err: token.ErrUnavailable, Duration: 1}, want: unavailable, timed: true},
		"another context has ended":     {d: scope.Decision{Err: hung, Duration: 1}, want: unavailable, timed: true},
		"ended after the verdict":       {ctx: gone, d: scope.Decision{Err: token.AsOutcome(context.Canceled, token.ErrDenied), Duration: 1}, want: "{decision}{error.type=denied,outcome=denied,transport=http}", timed: true},
		"a foreign error":               {d: scope.Decision{Err: errors.New("evil"), Duration: 1}, want: unavailable, timed: true},
		"a foreign transport":           {d: scope.Decision{Transport: "evil", Duration: 1}, want: "{decision}{outcome=ok,transport=other}", timed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSDK(t, otelpostern.Config{})
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
			assert.Equal(t, want, named(all, "postern.authentications", false))
			assert.Equal(t, c.timed, len(named(all, "postern.authentication.duration", false)) == 1)
		})
	}
}

// An alert on a rate needs the series before the first refusal.
func TestEverySeriesFromTheStart(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{})
	s.Keys("login")
	all := s.collect(t)
	for series, value := range all {
		assert.Zero(t, value, series)
	}
	decisions := named(all, "postern.authentications", true)
	assert.Len(t, decisions, 2*(2+len(token.Reasons())))
	for _, err := range token.Reasons() {
		for _, transport := range []string{"http", "grpc"} {
			assert.Contains(t, decisions, fmt.Sprintf("{decision}{error.type=%s,outcome=%s,transport=%s}", token.Reason(err), token.Outcome(err), transport))
		}
	}
	for name, count := range map[string]int{
		"postern.jwks.fetches": 3, "postern.jwks.refreshes": 15, "postern.jwks.budget.refusals": 1, "postern.jwks.stale.calls": 1, "postern.jwks.skipped.keys": 9,
	} {
		assert.Len(t, named(all, name, true), count, name)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{Routes: true})
	tell := func(transport scope.Transport, route string, listed bool) {
		s.Trace().Allowed(context.Background(), scope.Decision{Transport: transport, Route: route, Listed: listed})
	}
	tell(scope.HTTP, "GET shop.example/orders/{id}", true)
	tell(scope.HTTP, "/orders/{id}", true)
	tell(scope.HTTP, "", true)
	tell(scope.HTTP, "/evil", false)
	tell(scope.GRPC, "/shop.Orders/Get", true)
	tell(scope.GRPC, "/shop.Orders/Get", true)
	tell(scope.GRPC, "/evil.Evil/Evil", false)
	want := map[string]float64{
		"{decision}{http.route=/orders/{id},outcome=ok,transport=http}":    2,
		"{decision}{rpc.method=shop.Orders/Get,outcome=ok,transport=grpc}": 2,
		"{decision}{outcome=ok,transport=http}":                            2,
		"{decision}{outcome=ok,transport=grpc}":                            1,
	}
	assert.Equal(t, sorted(want), sorted(named(s.collect(t), "postern.authentications", false)))
	for i := range 1000 {
		tell(scope.HTTP, fmt.Sprintf("/generated/%d", i), true)
	}
	got := named(s.collect(t), "postern.authentications", false)
	assert.Len(t, got, 64-1+2, "two patterns of one path share a series")
	assert.EqualValues(t, 2+1000-61, got["{decision}{outcome=ok,transport=http}"])
}

// Guards call the hooks concurrently, also for routes that are new.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{Routes: true})
	trace, keys := s.Trace(), s.Keys("login")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 200 {
				trace.Allowed(context.Background(), scope.Decision{Transport: scope.GRPC, Route: fmt.Sprint("/s/", i%80), Listed: true})
				keys.Budget()
				s.Watch("login", nil)
				s.Keys(fmt.Sprint(i)).Budget()
			}
		})
	}
	all.Wait()
	total := 0.0
	for _, value := range named(s.collect(t), "postern.authentications", false) {
		total += value
	}
	assert.EqualValues(t, 1600, total)
}

// A rehearsed refusal counts beside the decision, which let the call through.
func TestRehearsals(t *testing.T) {
	t.Parallel()
	s := newSDK(t, otelpostern.Config{})
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	s.Trace().Allowed(context.Background(), scope.Decision{Transport: scope.HTTP, Rehearsed: token.ErrDenied})
	s.Trace().Allowed(context.Background(), scope.Decision{Transport: scope.HTTP, Rehearsed: token.ErrDenied, Nested: true})
	s.Trace().Allowed(gone, scope.Decision{Transport: scope.HTTP, Rehearsed: token.AsOutcome(gone.Err(), token.ErrUnavailable)})
	all := s.collect(t)
	assert.Equal(t, map[string]float64{"{decision}{outcome=ok,transport=http}": 2}, named(all, "postern.authentications", false))
	assert.Equal(t, map[string]float64{"{call}{error.type=denied,outcome=denied,transport=http}": 2, "{call}{error.type=call_ended,outcome=unavailable,transport=http}": 1}, named(all, "postern.rehearsed.refusals", false))
	assert.Len(t, named(all, "postern.rehearsed.refusals", true), 2*(1+len(token.Reasons())))
}
