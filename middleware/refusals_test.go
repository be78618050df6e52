package middleware_test

import (
	"net/http"
	"testing"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
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
		"Require, with details and an actor": {
			func(w world) http.Handler {
				return w.guard(policy.And(scope.HasDetail(scope.Detail{Type: "till", Actions: []string{"open", "close"}})).And(
					scope.ActorIn(token.Actor{Issuer: w.Issuer.Identifier(), ClientID: "web"})))
			},
			&refusals.Config{Scopes: needs, Actor: token.Actor{ClientID: "web"}, Detail: map[string]any{"type": "till", "actions": []string{"open", "close"}}},
		},
		"Require, not delegated": {
			func(w world) http.Handler { return w.guard(scope.NotDelegated) },
			&refusals.Config{NotDelegated: true},
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
