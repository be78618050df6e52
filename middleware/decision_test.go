package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// reports are the errors that a Trace was told.
type reports []error

func (r *reports) config() *middleware.Config {
	return &middleware.Config{Trace: &scope.Trace{Refused: func(_ context.Context, d scope.Decision) { *r = append(*r, d.Err) }}}
}

const secret = "a secret"

// refusedUndecided is the whole answer in place of one without a decision.
var refusedUndecided = http.Header{"Cache-Control": {"no-store"}, "Content-Length": {"0"}}

// Nothing of an open handler's answer gets out, in any order of its calls.
func TestUndecidedAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"nothing at all": func(http.ResponseWriter, *http.Request) {},
		"a status":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"an early hint":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusEarlyHints) },
		"bytes":          func(w http.ResponseWriter, _ *http.Request) { write(w.Write([]byte(secret))) },
		"a string":       func(w http.ResponseWriter, _ *http.Request) { write(io.WriteString(w, secret)) },
		"a stream": func(w http.ResponseWriter, _ *http.Request) {
			copied(w.(io.ReaderFrom).ReadFrom(strings.NewReader(secret)))
		},
		"a flush":         func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"a flush control": func(w http.ResponseWriter, _ *http.Request) { undecided(http.NewResponseController(w).Flush()) },
		"an error":        http.NotFound,
		"a redirect":      http.RedirectHandler("/"+secret, http.StatusFound).ServeHTTP,
		"twice": func(w http.ResponseWriter, _ *http.Request) {
			write(w.Write([]byte(secret)))
			w.WriteHeader(http.StatusOK)
			w.Header().Set("X-Late", secret)
			write(w.Write([]byte(secret)))
		},
		"a trailer": func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			w.WriteHeader(http.StatusOK)
			h[http.TrailerPrefix+"X-Late"] = []string{secret}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told reports
			w := newWorldWith(t, told.config())
			h := w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("X-Other", secret)
				answer(rw, r)
			}))
			resp := serve(h, w.good())
			assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
			assert.Equal(t, refusedUndecided, resp.Header)
			assert.Empty(t, body(t, resp))
			assert.Empty(t, resp.Trailer)
			require.Len(t, told, 1)
			require.ErrorIs(t, told[0], middleware.ErrUndecided)
			assert.ErrorIs(t, told[0], token.ErrUnavailable)
		})
	}
}

// The methods of the writer of a refused answer say so.
func write(n int, err error)    { copied(int64(n), err) }
func copied(n int64, err error) { undecided(err); undecidedBytes(n) }
func undecided(err error) {
	if !errors.Is(err, middleware.ErrUndecided) {
		panic(err)
	}
}

func undecidedBytes(n int64) {
	if n != 0 {
		panic("something was written")
	}
}

// Each of these counts as a decision.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		inner  func(world) http.Handler
		status int
	}{
		"Require": {through(anybody), 200},
		"Require, refused": {func(w world) http.Handler {
			return w.guard(scope.All("orders:read"))
		}, 403},
		"Public":   {through(scope.Public), 200},
		"Optional": {through(scope.Optional), 200},
		"another guard": {func(w world) http.Handler {
			return middleware.New(verifierOf(t, w.Issuer), nil).Require(anybody)(subject)
		}, 200},
		"TimeoutHandler":  {func(w world) http.Handler { return http.TimeoutHandler(w.guard(anybody), time.Hour, "") }, 200},
		"Mux":             {func(w world) http.Handler { return muxOf(w, "/orders") }, 200},
		"Mux, no route":   {func(w world) http.Handler { return muxOf(w, "/absent") }, 403},
		"Mux, a redirect": {func(w world) http.Handler { return muxOf(w, "/orders/") }, moved},
		"Check": {func(w world) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				_, err := w.auth.Check(r, anybody)
				assert.NoError(t, err)
				rw.WriteHeader(http.StatusAccepted)
			})
		}, 202},
		"Check, refused": {func(w world) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				_, err := w.auth.Check(r, scope.Policy{})
				assert.ErrorIs(t, err, token.ErrDenied)
				http.NotFound(rw, r)
			})
		}, 404},
		"WriteError alone": {func(w world) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.auth.WriteError(rw, r, token.ErrDenied) })
		}, 403},
		"none": {func(world) http.Handler { return subject }, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			assert.Equal(t, row.status, serve(w.auth.RequireDecision(row.inner(w)), w.good()).StatusCode)
		})
	}
}

func muxOf(w world, pattern string) http.Handler {
	mux := w.auth.NewMux()
	mux.Handle(pattern, anybody, subject)
	return mux
}

// A decision that comes after the answer has begun does not count.
func TestDecisionComesTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	resp := serve(w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		write(rw.Write([]byte(secret)))
		_, err := w.auth.Check(r, scope.Public)
		assert.NoError(t, err)
		write(rw.Write([]byte(secret)))
	})), w.good())
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Empty(t, body(t, resp))
}

// Each RequireDecision wants a decision further in, and is content with what
// one inside it has refused.
func TestNestedRequireDecision(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		wrap   func(world, http.Handler) http.Handler
		inner  func(world) http.Handler
		status int
		told   int
	}{
		"decided inside":  {nested, through(anybody), 200, 0},
		"decided between": {aroundGuard, func(world) http.Handler { return subject }, 500, 1},
		"undecided":       {nested, func(world) http.Handler { return subject }, 500, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told reports
			w := newWorldWith(t, told.config())
			assert.Equal(t, row.status, serve(row.wrap(w, row.inner(w)), w.good()).StatusCode)
			assert.Len(t, told, row.told)
		})
	}
}

func nested(w world, h http.Handler) http.Handler {
	return w.auth.RequireDecision(w.auth.RequireDecision(h))
}

func aroundGuard(w world, h http.Handler) http.Handler {
	return w.auth.RequireDecision(w.auth.Require(anybody)(w.auth.RequireDecision(h)))
}

// Fields that were set in front, such as those of CORS, stay as they were.
func TestUndecidedKeepsFieldsFromOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inner := w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header()["Vary"][0] = secret
		rw.Header().Add("Vary", secret)
		rw.Header().Set("X-Other", secret)
		write(rw.Write(nil))
	}))
	resp := serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Vary", "Origin")
		rw.Header().Set("Content-Type", "text/html")
		inner.ServeHTTP(rw, r)
	}), w.good())
	assert.Equal(t, http.Header{"Cache-Control": {"no-store"}, "Content-Length": {"0"}, "Vary": {"Origin"}}, resp.Header)
}

// The report leads to the route, on one line.
func TestUndecidedIsReported(t *testing.T) {
	t.Parallel()
	var told []scope.Decision
	w := newWorldWith(t, &middleware.Config{Trace: &scope.Trace{Refused: func(ctx context.Context, d scope.Decision) {
		assert.Equal(t, secret, ctx.Value(decisionTestKey{}))
		told = append(told, d)
	}}})
	mux := http.NewServeMux()
	mux.Handle("GET /debug/{name...}", subject)
	for _, path := range []string{"/debug/vars", "/debug/" + strings.Repeat("%0Aé", 400)} {
		r := httptest.NewRequest("GET", path, nil)
		serve(w.auth.RequireDecision(mux), r.WithContext(context.WithValue(r.Context(), decisionTestKey{}, secret)))
	}
	require.Len(t, told, 2)
	assert.Contains(t, told[0].Err.Error(), `GET "/debug/vars"`)
	for _, d := range told {
		assert.Equal(t, "GET /debug/{name...}", d.Route)
		assert.Equal(t, scope.HTTP, d.Transport)
		assert.Equal(t, "GET", d.Method)
		assert.False(t, d.Listed)
		assert.Equal(t, "unavailable", token.Outcome(d.Err))
		assert.True(t, printable.Is(d.Err.Error()))
		assert.LessOrEqual(t, len(d.Err.Error()), printable.MaxLine)
	}
}

type decisionTestKey struct{}

// A panic of the hook does not make the answer a good one.
func TestUndecidedWhileTheHookPanics(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, &middleware.Config{Trace: &scope.Trace{Refused: func(context.Context, scope.Decision) { panic(secret) }}})
	resp := serve(w.auth.RequireDecision(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		assert.PanicsWithValue(t, secret, func() { _, _ = rw.Write(nil) })
	})), w.good())
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
}

// A panic in front of an answer stays one.
func TestRequireDecisionAndPanics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.auth.RequireDecision(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { serve(h, w.good()) })
	defer func() { assert.ErrorIs(t, recover().(error), token.ErrConfig) }()
	w.auth.RequireDecision(nil)
}

// Admit is Require for handlers of another kind.
func TestAdmit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rw, r := httptest.NewRecorder(), w.good()
	admitted, done := w.auth.Admit(rw, r, anybody)
	require.NotNil(t, admitted)
	got, ok := token.FromContext(admitted.Context())
	require.True(t, ok)
	assert.Equal(t, "alice", got.Subject())
	assert.Empty(t, admitted.Header["Authorization"])
	assert.NotEmpty(t, r.Header["Authorization"], "the request of the framework stays as it is")
	assert.NoError(t, admitted.Context().Err())
	done()
	<-admitted.Context().Done()

	for _, p := range []scope.Policy{scope.All("orders:read"), {}} {
		rw = httptest.NewRecorder()
		admitted, done = w.auth.Admit(rw, w.good(), p)
		assert.Nil(t, admitted)
		done()
		assert.Equal(t, http.StatusForbidden, rw.Code)
	}
}

// The cost of the outermost handler: its record of the call, and the copy of
// the request that leads to it.
func TestAllocationsOfRequireDecision(t *testing.T) {
	w := newWorld(t)
	h := w.auth.RequireDecision(w.auth.Require(scope.Public)(nothing))
	r, rw := httptest.NewRequest(http.MethodGet, "/", nil), &sink{header: http.Header{}}
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { h.ServeHTTP(rw, r) }), 2.0)
}
