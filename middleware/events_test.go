package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// events are what a Trace was told, a line each.
type events []string

func (e *events) trace() *scope.Trace {
	note := func(ctx context.Context, call scope.Decision, verdict string) {
		who := "nobody"
		if t, ok := token.FromContext(ctx); ok {
			who = t.Subject()
		}
		*e = append(*e, fmt.Sprintf("%s: %s %q listed=%v nested=%v %s", verdict, call.Method, call.Route, call.Listed, call.Nested, who))
	}
	return &scope.Trace{
		Allowed: func(ctx context.Context, call scope.Decision) { note(ctx, call, "allowed") },
		Refused: func(ctx context.Context, call scope.Decision) { note(ctx, call, token.Reason(call.Err)) },
	}
}

// Each decision is one event, which says who was refused, and where.
func TestEvents(t *testing.T) {
	t.Parallel()
	denies := scope.Authenticated.And(scope.Claims("never", func(struct{}) error { return errors.New("no") }))
	stepsUp := scope.Authenticated.And(scope.Claims("step", func(struct{}) error { return &token.StepUpError{MaxAge: time.Minute} }))
	for _, row := range []struct {
		name    string
		request func(world) *http.Request
		handler func(world) http.Handler
		want    events
	}{
		{"allowed", good, through(anybody), events{`allowed: GET "" listed=true nested=false alice`}},
		{"scope", good, through(scope.All("read")), events{`scope: GET "" listed=true nested=false alice`}},
		{"denied", good, through(denies), events{`denied: GET "" listed=true nested=false alice`}},
		{"step-up", good, through(stepsUp), events{`step_up: GET "" listed=true nested=false alice`}},
		{"expired", expired, through(anybody), events{`expired: GET "" listed=true nested=false nobody`}},
		{"missing", none, through(anybody), events{`missing: GET "" listed=true nested=false nobody`}},
		{"optional", none, through(scope.Optional), events{`allowed: GET "" listed=true nested=false nobody`}},
		{"public", good, through(scope.Public), nil},

		{"nested", good, through(anybody, scope.Authenticated), events{`allowed: GET "" listed=true nested=false alice`, `allowed: GET "" listed=true nested=true alice`}},
		{"nested, refused inside", good, through(anybody, scope.All("read")), events{`allowed: GET "" listed=true nested=false alice`, `scope: GET "" listed=true nested=true alice`}},
		{"nested, refused outside", good, through(scope.All("read"), anybody), events{`scope: GET "" listed=true nested=false alice`}},
		{"nested behind public", good, through(scope.Public, anybody), events{`allowed: GET "" listed=true nested=false alice`}},
		{"nested three deep", good, through(anybody, scope.Public, anybody), events{`allowed: GET "" listed=true nested=false alice`, `allowed: GET "" listed=true nested=true alice`}},
		{"checked inside", good, checking(scope.All("read")), events{`allowed: GET "" listed=true nested=false alice`, `scope: GET "" listed=true nested=true alice`}},

		{"a route", good, mux, events{`allowed: GET "GET /orders" listed=true nested=false alice`}},
		{"no route", elsewhere(good), mux, events{`denied: GET "" listed=false nested=false alice`}},
		{"no route, no token", elsewhere(none), mux, events{`missing: GET "" listed=false nested=false nobody`}},
		{"a method of the caller's own", method("x\ny"), through(anybody), events{`allowed: other "" listed=true nested=false alice`}},
		{"a method in lower case", method("get"), through(anybody), events{`allowed: other "" listed=true nested=false alice`}},
		{"a method of RFC 5789", method("PATCH"), through(anybody), events{`allowed: PATCH "" listed=true nested=false alice`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var got events
			w := newWorldWith(t, &middleware.Config{Trace: got.trace()})
			serve(row.handler(w), row.request(w))
			assert.Equal(t, row.want, got)
		})
	}
}

func good(w world) *http.Request    { return w.good() }
func none(world) *http.Request      { return request() }
func expired(w world) *http.Request { return w.good(tokentest.ExpiresIn(-time.Hour)) }

func elsewhere(of func(world) *http.Request) func(world) *http.Request {
	return func(w world) *http.Request { return at(of(w), "/absent") }
}

func method(name string) func(world) *http.Request {
	return func(w world) *http.Request {
		r := w.good()
		r.Method = name
		return r
	}
}

func through(policies ...scope.Policy) func(world) http.Handler {
	return func(w world) http.Handler { return promise{guards: policies}.wrap(w, subject, nil) }
}

func checking(p scope.Policy) func(world) http.Handler {
	return func(w world) http.Handler {
		return w.auth.Require(anybody)(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if _, err := w.auth.Check(r, p); err != nil {
				w.auth.WriteError(rw, r, err)
			}
		}))
	}
}

func mux(w world) http.Handler {
	m := w.auth.NewMux()
	m.Handle("GET /orders", anybody, subject)
	return m
}

// An outer guard without hooks has reported nothing, so the inner event counts.
func TestNestedGuardOfASilentOne(t *testing.T) {
	t.Parallel()
	var got events
	w := newWorldWith(t, &middleware.Config{Trace: got.trace()})
	silent := middleware.New(verifierOf(t, w.Issuer), nil)
	serve(silent.Require(anybody)(w.guard(anybody)), w.good())
	assert.Equal(t, events{`allowed: GET "" listed=true nested=false alice`}, got)
}

// A call that is counted is not counted again, also if nothing is hidden.
func TestNestedGuardThatKeepsCredentials(t *testing.T) {
	t.Parallel()
	var got events
	w := newWorldWith(t, &middleware.Config{Trace: got.trace(), KeepCredentials: true})
	serve(through(anybody, anybody)(w), w.good())
	assert.Equal(t, events{`allowed: GET "" listed=true nested=false alice`, `allowed: GET "" listed=true nested=true alice`}, got)
}

// A hook that panics surfaces where a handler's panic would, before the handler
// is called. It lets nothing through.
func TestHooksThatPanic(t *testing.T) {
	t.Parallel()
	trace := &scope.Trace{
		Allowed: func(context.Context, scope.Decision) { panic("allowed") },
		Refused: func(context.Context, scope.Decision) { panic("refused") },
	}
	w := newWorldWith(t, &middleware.Config{Trace: trace})
	called := false
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true })
	m := w.auth.NewMux()
	m.Handle("GET /orders", scope.All("read"), handler)
	for name, row := range map[string]struct {
		handler http.Handler
		request *http.Request
		says    string
	}{
		"allowed":       {m, w.good(tokentest.Scope("read")), "allowed"},
		"not enough":    {m, w.good(), "refused"},
		"missing":       {m, request(), "refused"},
		"no such route": {m, at(w.good(), "/absent"), "refused"},
		"required":      {w.auth.Require(scope.All("read"))(handler), request(), "refused"},
	} {
		assert.PanicsWithValue(t, row.says, func() { serve(row.handler, row.request) }, name)
		assert.False(t, called, name)
	}
}

// A caller that hangs up while its token is being judged is told apart from an
// outage.
func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	var errs []error
	ctx, cancel := context.WithCancel(t.Context())
	auth := middleware.New(judge(func(context.Context, token.Presentation) (*token.Token, error) {
		cancel()
		return nil, token.ErrKeysUnavailable
	}), &middleware.Config{Trace: &scope.Trace{Refused: func(_ context.Context, call scope.Decision) { errs = append(errs, call.Err) }}})
	serve(auth.Require(anybody)(subject), request("Bearer x").WithContext(ctx))
	require.Len(t, errs, 1)
	assert.ErrorIs(t, errs[0], context.Canceled)
	assert.ErrorIs(t, errs[0], token.ErrUnavailable)

	_, err := auth.Check(request("Bearer x"), anybody)
	assert.NotErrorIs(t, err, context.Canceled)
}
