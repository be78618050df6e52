package seams_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A larger scope is enough wherever a smaller one is asked for, over every
// transport, and nothing else is. The challenge names what the policy says.
func TestImpliedScopes(t *testing.T) {
	t.Parallel()
	read, write, all := scope.All("files:read"), scope.All("files:write"), scope.All("files:read", "files:delete")
	hierarchy := map[string][]string{"files:write": {"files:read"}, "files:admin": {"files:write"}}
	for name, row := range map[string]struct {
		implies map[string][]string
		policy  scope.Policy
		has     []string
		asked   string // "": it passes
	}{
		"C_MCP-7 the larger scope":                  {hierarchy, read, []string{"files:write"}, ""},
		"C_MCP-7 the larger scope, not declared":    {nil, read, []string{"files:write"}, "files:read"},
		"C_MCP-7 declared otherwise":                {map[string][]string{"files:write": {"files:list"}}, read, []string{"files:write"}, "files:read"},
		"C_MCP-7 through another one":               {hierarchy, read, []string{"files:admin"}, ""},
		"C_MCP-7 an alternative":                    {hierarchy, read.Or(scope.User), []string{"files:admin"}, ""},
		"C_MCP-7 one of several":                    {hierarchy, scope.Any("x", "files:read"), []string{"files:write"}, ""},
		"C_MCP-7 the smaller scope":                 {hierarchy, write, []string{"files:read"}, "files:write"},
		"C_MCP-7 what the policy says":              {hierarchy, all, []string{"files:admin"}, "files:read files:delete"},
		"C_MCP-7 the same beginning":                {hierarchy, read, []string{"files:write2", "files:writ", "files:"}, "files:read"},
		"C_MCP-7 the other case":                    {hierarchy, read, []string{"FILES:WRITE", "Files:write"}, "files:read"},
		"C_MCP-7 a star":                            {hierarchy, read, []string{"*", "files:*", "files:write*"}, "files:read"},
		"C_MCP-7 a role is no scope":                {hierarchy, scope.AllOf("roles", "files:read").Or(read), []string{"x"}, "files:read"},
		"C_MCP-7 the caller keeps the larger scope": {hierarchy, scope.Any("files:read", "files:write").And(scope.All("x")), []string{"files:write"}, "files:write x"},
	} {
		for from, auth := range judgesOf(t, row.implies, row.has) {
			for kind, call := range transports {
				t.Run(name+"/"+from+"/"+string(kind), func(t *testing.T) {
					t.Parallel()
					for range 2 { // the second time from memory
						var told error
						tell := func(_ context.Context, d scope.Decision) { told = d.Err }
						got := call(t, setup{auth: auth.Authenticator, policy: row.policy, trace: &scope.Trace{Refused: tell}}, "Bearer "+auth.raw)
						require.Equal(t, row.asked == "", got.admitted, told)
						if row.asked == "" {
							assert.Empty(t, got.challenges)
							continue
						}
						assert.Equal(t, []string{fmt.Sprintf(asksFor, row.asked)}, got.challenges)
						assert.ErrorIs(t, told, token.ErrScope)
						if kind == scope.HTTP {
							assert.Equal(t, 403, got.status)
						} else {
							assert.Equal(t, codes.PermissionDenied, status.Code(got.err))
						}
					}
				})
			}
		}
	}
}

// presented is a token and who judges it.
type presented struct {
	token.Authenticator
	raw string
}

// judgesOf accept a token with these scopes in every way that there is.
func judgesOf(t *testing.T, implies map[string][]string, has []string) map[string]presented {
	t.Helper()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://sso.example.com/realms/shop"})
	raw := issuer.Token(tokentest.Scope(has...), tokentest.Claim("roles", []string{"files:write"}))
	cfg := issuer.Config()
	cfg.ScopeImplies = implies
	cfg.Profile.Sets = map[string][]token.Source{"roles": {{Claim: "roles"}}}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	cfg.Issuer = ""
	resolver, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{{Issuer: realms, AnyValue: true, Config: cfg}}})
	require.NoError(t, err)
	implications, err := token.NewScopeImplications(implies)
	require.NoError(t, err)
	own := machine(has...)
	own.ScopeImplies = implications
	return map[string]presented{
		"one issuer": {verifier, raw},
		"several":    {token.ByIssuer(map[string]token.Authenticator{issuer.Identifier(): verifier}), raw},
		"template":   {resolver, raw},
		"opaque":     {opaque{"m": own}, "m"},
	}
}
