package seams_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const realms = "https://sso.example.com/realms/{realm}"

// realmOf is the tenant of a token.
func realmOf(t *token.Token) string {
	realm, _ := token.Template{Issuer: realms}.Value(t.Issuer())
	return realm
}

// The tenant that a call addresses is in the call: in the request over HTTP, in
// the context over gRPC. Here it is the first word of the package in the path,
// "shop".
func addressed(ctx context.Context) string {
	path, _ := grpc.Method(ctx)
	if r, ok := middleware.RequestFrom(ctx); ok {
		path = r.URL.Path
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), ".")
	return tenant
}

// Both guards accept tokens of every realm, and let each into its own tenant
// alone.
func TestTenants(t *testing.T) {
	t.Parallel()
	issuers := map[string]*tokentest.Issuer{}
	var transport byRealm = issuers
	for _, realm := range []string{"shop", "other"} {
		issuers[realm] = tokentest.NewIssuer(t, &tokentest.Options{Identifier: strings.Replace(realms, "{realm}", realm, 1)})
	}
	resolver, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{{
		Issuer: realms, Values: []string{"shop", "other"}, Claim: "realm",
		Config: token.Config{Audience: []string{"https://api.example.com"}, HTTPClient: &http.Client{Transport: transport}},
	}}})
	require.NoError(t, err)
	good := func(realm string, edits ...tokentest.Edit) string {
		return issuers[realm].Token(append([]tokentest.Edit{tokentest.Claim("realm", realm), tokentest.Scope("read")}, edits...)...)
	}
	iss := func(s string) tokentest.Edit { return tokentest.Claim("iss", s) }
	mine, theirs := issuers["shop"].Identifier(), issuers["other"].Identifier()
	for name, row := range map[string]struct {
		raw  string
		want error
	}{
		"the tenant addressed":              {good("shop"), nil},
		"another tenant":                    {good("other"), token.ErrDenied},
		"no scope, and another tenant":      {good("other", tokentest.Scope("x")), token.ErrScope},
		"iss of the tenant, another's keys": {good("other", iss(mine), tokentest.Claim("realm", "shop")), token.ErrSignature},
		"claim of another tenant":           {good("shop", tokentest.Claim("realm", "other")), token.ErrClaim},
		"the tenant's claim, another's iss": {good("other", tokentest.Claim("realm", "shop")), token.ErrClaim},
		"a foreign server":                  {good("shop", iss("https://sso.evil.example/realms/shop")), token.ErrIssuer},
		"a realm that is not listed":        {good("shop", iss(mine+"2")), token.ErrIssuer},
		"a slash more":                      {good("shop", iss(mine+"/")), token.ErrIssuer},
		"capitals":                          {good("shop", iss(strings.ToUpper(mine))), token.ErrIssuer},
		"dots":                              {good("shop", iss(theirs+"/../shop")), token.ErrIssuer},
		"percent-encoding":                  {good("shop", iss(strings.Replace(mine, "shop", "%73hop", 1))), token.ErrIssuer},
		"a port":                            {good("shop", iss(strings.Replace(mine, ".com/", ".com:443/", 1))), token.ErrIssuer},
		"a user":                            {good("shop", iss(strings.Replace(mine, "https://", "https://sso.example.com@", 1))), token.ErrIssuer},
		"a query":                           {good("shop", iss(mine+"?realm=other")), token.ErrIssuer},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				for range 2 {
					var refused error
					got := call(t, setup{
						auth: resolver, policy: scope.All("read").And(scope.Tenant(realmOf, addressed)),
						trace: &scope.Trace{Refused: func(_ context.Context, d scope.Decision) { refused = d.Err }},
					}, "Bearer "+row.raw)
					require.Equal(t, row.want == nil, got.admitted, refused)
					require.ErrorIs(t, refused, row.want)
				}
			})
		}
	}
}

// byRealm is the server of several realms.
type byRealm map[string]*tokentest.Issuer

func (b byRealm) RoundTrip(r *http.Request) (*http.Response, error) {
	for realm, issuer := range b {
		if strings.Contains(r.URL.Path, "/realms/"+realm) {
			return issuer.Client().Transport.RoundTrip(r)
		}
	}
	return nil, http.ErrAbortHandler
}

// The request is at hand for the policy, and for nothing after it.
func TestRequestFrom(t *testing.T) {
	t.Parallel()
	var kept context.Context
	seen := 0
	policy := scope.Tenant(func(*token.Token) string { return "t" }, func(ctx context.Context) string {
		kept = ctx
		if r, ok := middleware.RequestFrom(ctx); ok && r.Host == "api.example.com" && ctx.Done() == r.Context().Done() {
			seen++
		}
		return "t"
	})
	good := verified(t)
	s := setup{policy: policy, auth: judge(func(ctx context.Context, _ token.Presentation) (*token.Token, error) {
		_, ok := middleware.RequestFrom(ctx)
		assert.False(t, ok)
		return good, nil
	})}
	require.True(t, overHTTP(t, s, "Bearer x").admitted)
	assert.Equal(t, 1, seen)
	_, ok := middleware.RequestFrom(kept)
	assert.False(t, ok, "the call is over")
	require.True(t, overUnary(t, s, "Bearer x").admitted)
	assert.Equal(t, 1, seen, "no request over gRPC")
}
