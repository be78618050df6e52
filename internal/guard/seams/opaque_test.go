package seams_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// opaque is an Authenticator of the user's own for tokens that only a database
// can read.
type opaque map[string]token.VouchedClaims

func (o opaque) Authenticate(_ context.Context, p token.Presentation) (*token.Token, error) {
	held, ok := o[p.Token]
	if !ok {
		return nil, token.ErrInactive
	}
	return token.Vouched(p.Token, held)
}

// Opaque tokens meet the same policies, answers and events as JWTs, and the
// library knows nothing of them.
func TestOpaqueTokens(t *testing.T) {
	t.Parallel()
	session := func(expires time.Duration, kind token.SubjectKind, scopes ...string) token.VouchedClaims {
		return token.VouchedClaims{
			Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"}, Subject: "alice", ClientID: "app",
			SubjectKind: kind, Scopes: scopes, Expiry: time.Now().Add(expires), JSON: []byte(`{"tier":"gold"}`),
		}
	}
	auth := opaque{
		"u-1": session(time.Hour, token.SubjectUser, "orders:read"),
		"u-2": session(time.Hour, token.SubjectUser),
		"m-1": session(time.Hour, token.SubjectClient, "orders:read"),
		"x-1": session(time.Hour, token.SubjectUnknown, "orders:read"),
		"old": session(-time.Hour, token.SubjectUser, "orders:read"),
	}
	type claims struct {
		Tier string `json:"tier"`
	}
	gold := scope.Claims("gold", func(c claims) error {
		if c.Tier != "gold" {
			return token.ErrDenied
		}
		return nil
	})
	policy := scope.All("orders:read").And(scope.User).And(gold)
	for raw, want := range map[string]struct {
		err    error
		status int
		code   codes.Code
	}{
		"u-1":     {nil, 200, codes.OK},
		"u-2":     {token.ErrScope, 403, codes.PermissionDenied},
		"m-1":     {token.ErrDenied, 403, codes.PermissionDenied},
		"x-1":     {token.ErrSubjectUnknown, 403, codes.PermissionDenied},
		"old":     {token.ErrExpired, 401, codes.Unauthenticated},
		"unknown": {token.ErrInactive, 401, codes.Unauthenticated},
	} {
		for kind, call := range transports {
			t.Run(raw+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				var told []scope.Decision
				tell := func(_ context.Context, d scope.Decision) { told = append(told, d) }
				got := call(t, setup{auth: auth, policy: policy, trace: &scope.Trace{Allowed: tell, Refused: tell}}, "Bearer "+raw)
				assert.Equal(t, want.err == nil, got.admitted)
				if kind == scope.HTTP {
					assert.Equal(t, want.status, got.status)
				} else {
					assert.Equal(t, want.code, status.Code(got.err))
				}
				if assert.Len(t, told, 1) {
					assert.ErrorIs(t, told[0].Err, want.err)
					assert.False(t, told[0].Remembered)
				}
			})
		}
	}
}
