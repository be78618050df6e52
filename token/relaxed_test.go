package token_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// Every setting that accepts more tokens shows, by its name and with its value.
func TestRelaxationsShow(t *testing.T) {
	t.Parallel()
	rule := []token.Mark{{Claim: "use", Values: []string{"access"}}}
	for name, c := range map[string]struct {
		edit func(*token.Config)
		want []string // of the lines: how they begin and end
	}{
		"nothing":       {func(*token.Config) {}, nil},
		"the defaults":  {func(c *token.Config) { c.Leeway, c.MaxTokenSize = 30*time.Second, 16384 }, nil},
		"stricter":      {func(c *token.Config) { c.Leeway, c.MaxTokenSize, c.RequireKeyID = -1, 2048, true }, nil},
		"spelled out":   {func(c *token.Config) { c.Profile.Types = []string{"application/at+JWT"} }, nil},
		"rules":         {func(c *token.Config) { c.Profile.Rules = rule }, nil},
		"more required": {func(c *token.Config) { c.Profile.Required = []string{"sub", "client_id", "iat", "jti", "x"} }, nil},
		"leeway":        {func(c *token.Config) { c.Leeway = 31 * time.Second }, []string{"Leeway is 31s"}},
		"size":          {func(c *token.Config) { c.MaxTokenSize = 16385 }, []string{"MaxTokenSize is 16385"}},
		"types":         {func(c *token.Config) { c.Profile.Types = []string{"at+jwt", "JWT"} }, []string{`Profile.Types accepts ["at+jwt" "JWT"]`}},
		"no type":       {func(c *token.Config) { c.Profile.AllowMissingType = true }, []string{"Profile.AllowMissingType accepts tokens without typ"}},
		"scope claim":   {func(c *token.Config) { c.Profile.ScopeClaim = "scp" }, []string{`Profile.ScopeClaim reads scopes from "scp"`}},
		"scope list":    {func(c *token.Config) { c.Profile.ScopeList = true }, []string{`Profile.ScopeClaim reads scopes from "scope"`}},
		"scopes": {func(c *token.Config) {
			c.Profile.Scopes = []token.Source{{Claim: "scope"}, {Path: []string{"ext", "a/b"}, Shape: token.ShapeKeys}}
		}, []string{`Profile.Scopes reads scopes from "scope" (words) and "/ext/a~1b" (keys)`}},
		"client id": {func(c *token.Config) { c.Profile.ClientIDClaim = "azp" }, []string{`Profile.ClientIDClaim reads the client id from "azp"`}},
		"audience":  {func(c *token.Config) { c.Profile.AudienceClaim, c.Profile.Rules = "client_id", rule }, []string{`Profile.AudienceClaim lets "client_id" stand for aud`}},
		"required":  {func(c *token.Config) { c.Profile.Required = []string{"sub", "jti"} }, []string{`Profile.Required does not require ["client_id" "iat"]`}},
		"legacy":    {func(c *token.Config) { c.Profile = token.LegacyProfile() }, []string{"Profile.Types", "Profile.AllowMissingType", "Profile.Required"}},
		"forged":    {func(c *token.Config) { c.Profile.ScopeClaim = "a" + forged }, []string{"Profile.ScopeClaim"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, c.edit)
			got := token.Relaxations(v)
			require.Len(t, got, len(c.want))
			many := token.Relaxations(token.ByIssuer(map[string]token.Authenticator{issuer: v}))
			for i, line := range got {
				assertOneLine(t, line)
				assert.True(t, strings.HasPrefix(line, c.want[i]), line)
				assert.Equal(t, issuer+": "+line, many[i])
				got[i] = "changed"
			}
			assert.NotContains(t, token.Relaxations(v), "changed")
		})
	}
	var none *token.Verifier
	var noResolver *token.Resolver
	var noIssuers *token.Issuers
	for _, auth := range []token.Authenticator{nil, none, noResolver, &token.Resolver{}, noIssuers, token.ByIssuer(nil)} {
		assert.Empty(t, token.Relaxations(auth))
	}
}

// Issuers that are not listed show.
func TestRelaxationsOfResolvers(t *testing.T) {
	t.Parallel()
	cfg := token.Config{Audience: []string{audience}, Keys: published(), Profile: token.Profile{ClientIDClaim: "azp"}}
	r, err := token.NewResolver(token.ResolverConfig{
		Templates: []token.Template{
			{Issuer: "https://a.example/{t}", AnyValue: true, Config: cfg},
			{Issuer: "https://b.example/{t}", Allow: token.IsGUID, Config: cfg},
			{Issuer: "https://c.example/{t}", Values: []string{"one"}, Config: cfg},
		},
		Allow:   func(string) bool { return false },
		Resolve: func(context.Context, string) (token.Authenticator, error) { return nil, token.ErrIssuer },
	})
	require.NoError(t, err)
	const azp = `Profile.ClientIDClaim reads the client id from "azp"`
	assert.Equal(t, []string{
		"https://a.example/{t}: Template.AnyValue accepts every issuer of this form", "https://a.example/{t}: " + azp,
		"https://b.example/{t}: Template.Allow accepts the issuers that a function approves of", "https://b.example/{t}: " + azp,
		"https://c.example/{t}: " + azp,
		"ResolverConfig.Resolve accepts issuers with settings that are not known here",
	}, token.Relaxations(r))
}

// A field that comes to the Profile has to say whether it relaxes a check.
func TestRelaxationsOfEveryField(t *testing.T) {
	t.Parallel()
	say := []string{"Types", "AllowMissingType", "ScopeClaim", "ScopeList", "Scopes", "ClientIDClaim", "AudienceClaim", "Required"}
	silent := []string{"Sets", "Rules", "ClientIDs", "Users", "Clients"} // they admit no token that would be refused without them
	var fields []string
	for i := range reflect.TypeFor[token.Profile]().NumField() {
		fields = append(fields, reflect.TypeFor[token.Profile]().Field(i).Name)
	}
	assert.ElementsMatch(t, fields, append(say, silent...))
}
