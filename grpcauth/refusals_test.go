package grpcauth_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// TestRefusals runs the attacks that users of the module run, each of which a
// single check stands in the way of, against every kind of method.
func TestRefusals(t *testing.T) {
	t.Parallel()
	needs := []string{"orders:read", "orders:list"}
	for kind, call := range calls {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, settings{policies: all(scope.All(needs...))})
			refusals.Test(t, w.Issuer, target(w, call), &refusals.Config{Scopes: needs})
		})
	}
	t.Run("roles", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, settings{policies: all(scope.All(needs...).And(scope.AllOf("roles", "clerk")))})
		cfg := &refusals.Config{Scopes: needs, Profile: withRoles, Sets: map[string][]string{"roles": {"clerk"}}}
		refusals.Test(t, w.Issuer, target(w, callUnary), cfg)
	})
	t.Run("details and an actor", func(t *testing.T) {
		t.Parallel()
		policy := scope.HasDetail(scope.Detail{Type: "till", Actions: []string{"open", "close"}}).And(
			scope.ActorIn(token.Actor{Issuer: "https://b.test", ClientID: "web"}))
		w := newWorld(t, settings{policies: all(policy)})
		cfg := &refusals.Config{
			Actor:  token.Actor{Issuer: "https://b.test", ClientID: "web"},
			Detail: map[string]any{"type": "till", "actions": []string{"open", "close"}},
		}
		refusals.Test(t, w.Issuer, target(w, callUnary), cfg)
	})
	t.Run("not delegated", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, settings{policies: all(scope.NotDelegated)})
		refusals.Test(t, w.Issuer, target(w, callUnary), &refusals.Config{NotDelegated: true})
	})
	t.Run("step-up", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, settings{policies: all(scope.All(needs...).And(scope.ACR("loa2", "loa1")).And(scope.MaxAge(5 * time.Minute)))})
		refusals.Test(t, w.Issuer, target(w, callUnary), &refusals.Config{Scopes: needs, ACR: []string{"loa1", "loa2"}, MaxAge: 5 * time.Minute})
	})
	t.Run("optional", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, settings{policies: all(scope.Optional)})
		refusals.Test(t, w.Issuer, target(w, callUnary), &refusals.Config{Optional: true})
	})
}

// target leaves the trailer to grpcauthtest, for unary calls, and otherwise
// says what the call saw.
func target(w world, call func(context.Context, client) outcome) tokentest.Target {
	return grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
		return call(ctx, clientWith{w.client, opts}).err
	})
}
