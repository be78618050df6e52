package middleware_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A route that refers to an operation is named by it in hooks and in the audit of
// the table, in which one with a rule of its own fails.
func TestOperations(t *testing.T) {
	t.Parallel()
	var told []string
	note := func(_ context.Context, d scope.Decision) { told = append(told, d.Route+" "+d.Policy.Operation()) }
	w := newWorldWith(t, &middleware.Config{Trace: &scope.Trace{Allowed: note, Refused: note}})
	ops := scope.NewTable(scope.Operation{Name: "orders.list", Policy: scope.All("read")})
	mux := w.auth.NewMux()
	mux.Handle("GET /orders", ops.Policy("orders.list"), subject)
	mux.Handle("GET /mine", ops.Policy("orders.list").And(scope.User), subject)
	require.NoError(t, ops.Audit(mux.Posture()))

	assert.Equal(t, 200, serve(mux, w.good(tokentest.Scope("read"))).StatusCode)
	assert.Equal(t, 401, serve(mux, at(request(), "/mine")).StatusCode)
	assert.Equal(t, 401, serve(mux, at(request(), "/absent")).StatusCode)
	assert.Equal(t, []string{"GET /orders orders.list", "GET /mine orders.list", " "}, told)

	mux.Handle("GET /all", scope.All("read"), subject)
	require.ErrorIs(t, ops.Audit(mux.Posture()), token.ErrConfig)
	assert.NoError(t, ops.Audit(mux.Posture().Except("GET /all")))
}
