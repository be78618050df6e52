package refusals_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// introspecting is what a service needs to ask the issuer.
func introspecting(issuer *tokentest.Issuer, needs *refusals.Config) introspect.Config {
	us := issuer.Introspectors()[0]
	cfg := introspect.Config{
		Issuer: issuer.Identifier(), Audience: issuer.Config().Audience,
		Profile: needs.Profile, ScopeImplies: needs.ScopeImplies,
		Credentials: introspect.Basic(us.ID, us.Secret), HTTPClient: issuer.Client(),
	}
	if needs.Signed {
		cfg.RequireJWT, cfg.JWTAlgorithms = true, []string{issuer.SigningKey().Algorithm}
	}
	return cfg
}

// Services for opaque tokens refuse what is wrong, each attack for the reason that
// it is listed under.
func TestRefusalsOfServicesForOpaqueTokens(t *testing.T) {
	t.Parallel()
	for name, signed := range map[string]bool{"plain answers": false, "signed answers": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer := tokentest.NewIssuer(t, nil)
				needs := ofClerks("orders:read", "orders:list")
				needs.Opaque, needs.Signed = true, signed
				auth, err := introspect.New(introspecting(issuer, needs))
				require.NoError(t, err)
				assertReasons(t, issuer, auth, needs)
			})
		})
	}
}

// assertReasons runs the suite, and compares the reasons that operators see.
func assertReasons(t *testing.T, issuer *tokentest.Issuer, auth token.Authenticator, needs *refusals.Config) {
	t.Helper()
	policy := scope.All("orders:read", "orders:list").And(scope.User).And(scope.AllOf("roles", roles...)).And(
		scope.HasDetail(scope.Detail{Type: "till", Actions: []string{"open", "close"}, Privileges: []string{"cash"}})).And(
		scope.ActorIn(token.Actor{Issuer: issuer.Identifier(), Subject: "gateway"})).And(
		scope.ACR("loa2", "LOA3")).And(scope.MaxAge(5 * time.Minute))
	guard := middleware.New(auth, nil)
	var reasons []string
	handler := tokentest.HTTPTarget(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := guard.Check(r, policy)
		reasons = append(reasons, token.Reason(err))
		if err != nil {
			guard.WriteError(w, r, err)
		}
	}), orders)
	call := func(ctx context.Context, c tokentest.Credentials) tokentest.Answer {
		answer := handler(ctx, c)
		answer.Code = uint32(len(reasons) - 1) // which says nothing over HTTP, and here which call it was
		return answer
	}
	made := map[string]int{}
	for _, r := range refusals.Run(t.Context(), issuer, call, needs) {
		if r.Skipped != "" {
			continue
		}
		made[r.Attack.Group]++
		reason := reasons[r.Answer.Code]
		assert.NoError(t, r.Err, "%s: %s (%s)", r.Attack.Group, r.Attack.Name, reason)
		wants := append(r.Attack.Reasons, "")
		if r.Attack.Group == "rule" {
			wants = append(wants, "type") // token_use is what tells refresh tokens
		}
		assert.Contains(t, wants, reason, r.Attack.Name)
		assert.Equal(t, r.Answer.Admitted, reason == "", r.Attack.Name)
	}
	for _, group := range aboutOpaque {
		assert.Equal(t, needs.Signed || group != "signed answer", made[group] > 0, group)
	}
	assert.False(t, slices.ContainsFunc([]string{"signature", "payload", "type"}, func(group string) bool { return made[group] > 0 }))
}
