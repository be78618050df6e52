package middleware_test

import (
	"net/http"
	"testing"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// TestRefusals runs the attacks that users of the module run, each of which a
// single check stands in the way of.
func TestRefusals(t *testing.T) {
	t.Parallel()
	needs := []string{"orders:read", "orders:list"}
	policy := scope.All(needs...)
	for name, row := range map[string]struct {
		handler func(world) http.Handler
		cfg     *refusals.Config
	}{
		"Require": {
			func(w world) http.Handler { return w.guard(policy) },
			&refusals.Config{Scopes: needs},
		},
		"Mux": {
			func(w world) http.Handler {
				mux := w.auth.NewMux()
				mux.Handle("GET /{$}", policy, subject)
				return mux
			},
			&refusals.Config{Scopes: needs},
		},
		"Require, with roles": {
			func(w world) http.Handler { return w.guard(policy.And(scope.AllOf("roles", "clerk"))) },
			&refusals.Config{Scopes: needs, Profile: withRoles, Sets: map[string][]string{"roles": {"clerk"}}},
		},
		"Optional": {
			func(w world) http.Handler { return w.guard(scope.Optional) },
			&refusals.Config{Optional: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			refusals.Test(t, w.Issuer, tokentest.HTTPTarget(row.handler(w), nil), row.cfg)
		})
	}
}
