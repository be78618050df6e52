package scope_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

type tenantKey struct{}

func addressed(tenant string) context.Context {
	return context.WithValue(context.Background(), tenantKey{}, tenant)
}

// ofSubject is a policy for tokens whose subject is the tenant.
var ofSubject = scope.Tenant((*token.Token).Subject, func(ctx context.Context) string {
	tenant, _ := ctx.Value(tenantKey{}).(string)
	return tenant
})

func subject(t *testing.T, sub string) *token.Token {
	t.Helper()
	tok, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Subject: sub, Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	return tok
}

func TestTenant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   string
		ctx  context.Context
		want error
	}{
		"the same":          {"acme", addressed("acme"), nil},
		"another":           {"acme", addressed("globex"), token.ErrDenied},
		"in capitals":       {"acme", addressed("Acme"), token.ErrDenied},
		"none addressed":    {"acme", addressed(""), token.ErrDenied},
		"none of the token": {"", addressed("acme"), token.ErrDenied},
		"neither":           {"", addressed(""), token.ErrDenied},
		"hostile":           {"acme", addressed("x\r\nlevel=INFO"), token.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok := subject(t, c.of)
			for _, p := range []scope.Policy{ofSubject, scope.Authenticated.And(ofSubject), ofSubject.And(ofSubject), scope.Optional.And(ofSubject)} {
				err := p.CheckCall(c.ctx, tok)
				require.ErrorIs(t, err, c.want)
				if err != nil {
					assert.True(t, printable.Is(err.Error()), "%q", err)
				}
				require.ErrorIs(t, p.Check(tok), token.ErrDenied, "no call is known")
			}
		})
	}
	require.ErrorIs(t, ofSubject.CheckCall(addressed("acme"), nil), token.ErrMissing)
	require.ErrorIs(t, scope.All("write").And(ofSubject).CheckCall(addressed("globex"), subject(t, "acme")), token.ErrScope, "scopes come first")
	assert.Equal(t, "all(write) and tenant", scope.All("write").And(ofSubject).String())
}

// An alternative is about the same call.
func TestTenantOrAnother(t *testing.T) {
	t.Parallel()
	p := ofSubject.Or(scope.All("admin"))
	tok := subject(t, "acme")
	require.NoError(t, p.CheckCall(addressed("acme"), tok))
	require.ErrorIs(t, p.CheckCall(addressed("globex"), tok), token.ErrScope, "which would help")
	require.ErrorIs(t, p.Check(tok), token.ErrScope)
	err := ofSubject.Or(scope.Client).CheckCall(addressed("globex"), tok)
	require.ErrorIs(t, err, token.ErrDenied)
	assert.True(t, printable.Is(err.Error()), "%q", err)
}

// A policy that does not ask about the call is the same with and without one.
func TestCheckCallOfOtherPolicies(t *testing.T) {
	t.Parallel()
	for _, p := range []scope.Policy{{}, scope.Public, scope.Optional, scope.Authenticated, scope.User, scope.All("read")} {
		for _, tok := range []*token.Token{nil, subject(t, "acme")} {
			with, without := p.CheckCall(context.Background(), tok), p.Check(tok)
			assert.Equal(t, token.Reason(without), token.Reason(with), "%v", p)
		}
	}
}

func TestTenantMistakes(t *testing.T) {
	t.Parallel()
	of, in := (*token.Token).Subject, func(context.Context) string { return "" }
	for name, f := range map[string]func(){
		"of":        func() { scope.Tenant(nil, in) },
		"addressed": func() { scope.Tenant(of, nil) },
	} {
		func() {
			defer func() {
				err, _ := recover().(error)
				require.ErrorIs(t, err, token.ErrConfig, name)
			}()
			f()
		}()
	}
}
