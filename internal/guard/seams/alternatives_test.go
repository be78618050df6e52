package seams_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// machine is a token of the client "job" that has the role "viewer".
func machine(scopes ...string) token.VouchedClaims {
	return token.VouchedClaims{
		Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
		Subject: "job", ClientID: "job", SubjectKind: token.SubjectClient, Scopes: scopes, Sets: map[string][]string{"roles": {"viewer"}},
	}
}

const (
	asksFor = `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="%s"`
	stepsUp = `Bearer realm="api", error="insufficient_user_authentication", error_description="A different or more recent authentication is required", %smax_age="60"`
)

// A call that none of several alternatives lets through gets the same challenge
// over both transports, and one that no scope helps gets none.
func TestAlternatives(t *testing.T) {
	t.Parallel()
	read, write, admin := scope.All("read"), scope.All("write"), scope.AllOf("roles", "admin")
	recent := scope.Func("recent", func(*token.Token) error { return &token.StepUpError{MaxAge: time.Minute} })
	down := scope.Func("down", func(*token.Token) error { return fmt.Errorf("%w: database", token.ErrUnavailable) })
	for name, row := range map[string]struct {
		policy    scope.Policy
		status    int
		code      codes.Code
		challenge string // "": none
	}{
		"the second lets it in":    {write.Or(scope.ClientID("job")), 200, codes.OK, ""},
		"a role lets it in":        {write.Or(scope.AnyOf("roles", "admin", "viewer")), 200, codes.OK, ""},
		"scopes of the first":      {write.Or(scope.User), 403, codes.PermissionDenied, fmt.Sprintf(asksFor, "write")},
		"and of the rest":          {write.Or(scope.User).And(read), 403, codes.PermissionDenied, fmt.Sprintf(asksFor, "read write")},
		"scopes where those help":  {write.And(scope.User).Or(read.And(scope.All("list"))), 403, codes.PermissionDenied, fmt.Sprintf(asksFor, "read list")},
		"scopes that would not do": {write.Or(scope.User).And(admin), 403, codes.PermissionDenied, ""},
		"another authentication":   {recent.Or(scope.User), 401, codes.Unauthenticated, fmt.Sprintf(stepsUp, "")},
		"that and scopes":          {recent.And(write).Or(scope.User), 401, codes.Unauthenticated, fmt.Sprintf(stepsUp, `scope="write", `)},
		"roles are not asked for":  {admin.Or(scope.AllOf("roles", "root")), 403, codes.PermissionDenied, ""},
		"another client":           {scope.ClientID("web").Or(scope.Issuer("https://x.example.com")), 403, codes.PermissionDenied, ""},
		"out of reach":             {write.Or(down), 503, codes.Unavailable, ""},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				var told error
				tell := func(_ context.Context, d scope.Decision) { told = d.Err }
				got := call(t, setup{auth: opaque{"m": machine("read")}, policy: row.policy, trace: &scope.Trace{Refused: tell}}, "Bearer m")
				assert.Equal(t, row.status == 200, got.admitted)
				if kind == scope.HTTP {
					assert.Equal(t, row.status, got.status)
				} else {
					assert.Equal(t, row.code, status.Code(got.err))
				}
				if row.challenge == "" {
					assert.Empty(t, got.challenges)
				} else {
					assert.Equal(t, []string{row.challenge}, got.challenges)
				}
				assert.Equal(t, row.status != 200, token.IsOutcome(told), "the operator is told")
			})
		}
	}
}

// A client that does as a challenge says is let in.
func TestAlternativesAfterTheChallenge(t *testing.T) {
	t.Parallel()
	policy := scope.All("write").And(scope.User).Or(scope.Any("count", "export").And(scope.Client)).And(scope.Any("read", "list"))
	var short *token.ScopeError
	ask := func(_ context.Context, d scope.Decision) { errors.As(d.Err, &short) }
	for kind, call := range transports {
		s := setup{auth: opaque{"m": machine("read")}, policy: policy, trace: &scope.Trace{Refused: ask}}
		assert.False(t, call(t, s, "Bearer m").admitted, kind)
		assert.Equal(t, []string{"read", "count", "export"}, short.Need)
		s.auth = opaque{"m": machine(short.Need...)}
		assert.True(t, call(t, s, "Bearer m").admitted, kind)
	}
}
