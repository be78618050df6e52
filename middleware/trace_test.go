package middleware_test

import (
	"context"
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

// record keeps what a Trace was told.
type record struct {
	allowed []string
	refused []string
}

func (r *record) trace() *scope.Trace {
	return &scope.Trace{
		Allowed: func(ctx context.Context, call scope.Decision) {
			t, _ := token.FromContext(ctx)
			r.allowed = append(r.allowed, fmt.Sprintf("%s %v %v", call.Route, call.Policy, t))
		},
		Refused: func(_ context.Context, call scope.Decision) {
			r.refused = append(r.refused, fmt.Sprintf("%s %v %s", call.Route, call.Policy, token.Reason(call.Err)))
		},
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	var seen record
	w := newWorldWith(t, &middleware.Config{Trace: seen.trace()})
	mux := w.auth.NewMux()
	mux.Handle("GET /orders", scope.All("read"), subject)
	mux.Handle("GET /news", scope.Optional, subject)
	mux.Handle("GET /healthz", scope.Public, subject)

	serve(mux, w.good(tokentest.Scope("read")))
	serve(mux, w.good())
	serve(mux, w.good(tokentest.ExpiresIn(-time.Hour)))
	serve(mux, at(request(), "/news"))
	serve(mux, at(request(), "/healthz"))
	serve(mux, at(request(), "/absent"))
	serve(mux, at(w.good(), "/absent"))

	assert.Equal(t, []string{
		`GET /orders all(read) access token of "test-client" for "alice"`,
		"GET /news optional no access token",
	}, seen.allowed)
	assert.Equal(t, []string{
		"GET /orders all(read) scope",
		"GET /orders all(read) expired",
		" refused missing",
		" refused denied",
	}, seen.refused)
}

func at(r *http.Request, path string) *http.Request {
	r.URL.Path = path
	return r
}

// The token is in no text that the library hands out.
func TestNoTokenInErrors(t *testing.T) {
	t.Parallel()
	t.Run("C_6749-10.3-1", func(t *testing.T) {
		w := newWorld(t)
		for name, raw := range map[string]string{
			"expired":   w.Token(tokentest.ExpiresIn(-time.Hour)),
			"audience":  w.Token(tokentest.Audience("https://other.example.com")),
			"scope":     w.Token(),
			"signature": w.Token(tokentest.Key(w.ForeignKey("ES256", w.SigningKey().ID))),
			"malformed": w.Token() + "~",
		} {
			_, err := w.auth.Check(request("Bearer "+raw), scope.All("read"))
			require.Error(t, err, name)
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
				assert.NotContains(t, text, raw[len(raw)-20:], name)
				assert.NotContains(t, text, raw[:40], name)
			}
		}
	})
}

// An event says whether the signature was verified for this call, also of a
// token that is refused for the policy.
func TestEventsTellWhetherTheTokenWasRemembered(t *testing.T) {
	t.Parallel()
	var told []bool
	tell := func(_ context.Context, d scope.Decision) { told = append(told, d.Remembered) }
	w := newWorldWith(t, &middleware.Config{Trace: &scope.Trace{Allowed: tell, Refused: tell}})
	raw := w.Token(tokentest.Scope("read"))
	for _, policy := range []scope.Policy{scope.All("read"), scope.All("read"), scope.All("write")} {
		serve(w.guard(policy), request("Bearer "+raw))
	}
	serve(w.guard(scope.Optional), request())
	assert.Equal(t, []bool{false, true, true, false}, told)
}
