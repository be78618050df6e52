package token_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

func TestPostures(t *testing.T) {
	t.Parallel()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{URLs: []string{"https://as.example.com/keys"}})
	require.NoError(t, err)
	fetching := newVerifier(t, func(c *token.Config) {
		c.Issuer, c.Keys, c.Algorithms, c.Profile.ClientIDClaim = otherIssuer, remote, []string{"ES256"}, "azp"
	})
	fixed := newVerifier(t, nil)
	azp := []string{`Profile.ClientIDClaim reads the client id from "azp"`}
	usual := []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"}
	shared := token.Config{Audience: []string{audience}, Keys: remote, Profile: token.Profile{ClientIDClaim: "azp"}}
	resolver, err := token.NewResolver(token.ResolverConfig{
		Templates: []token.Template{
			{Issuer: "https://a.example/{t}", AnyValue: true, Config: shared},
			{Issuer: "https://b.example/{t}", Values: []string{"x"}, Config: token.Config{Audience: []string{audience}}},
		},
		Allow:   func(string) bool { return false },
		Resolve: func(context.Context, string) (token.Authenticator, error) { return nil, token.ErrIssuer },
	})
	require.NoError(t, err)
	fixedTemplate := token.Template{Issuer: "https://b.example/{t}", Values: []string{"x"}, Config: token.Config{Audience: []string{audience}}}
	bound := newVerifier(t, func(c *token.Config) {
		c.Confirmations = []token.ConfirmationChecker{methodOnly("x5t#S256"), methodOnly("b")}
	})
	templates, err := token.NewResolver(token.ResolverConfig{Templates: []token.Template{fixedTemplate}})
	require.NoError(t, err)
	var noVerifier *token.Verifier
	var noIssuers *token.Issuers
	var noResolver *token.Resolver
	own := authFunc(func(context.Context, token.Presentation) (*token.Token, error) { return nil, token.ErrMissing })
	one := token.Posture{Issuer: issuer, Audience: []string{audience}, Algorithms: usual}
	two := token.Posture{Issuer: otherIssuer, Audience: []string{audience}, Algorithms: []string{"ES256"}, Relaxations: azp, Keys: &jwks.Status{}}
	for name, c := range map[string]struct {
		auth token.Authenticator
		want []token.Posture
	}{
		"nil":          {nil, []token.Posture{{}}},
		"no Verifier":  {noVerifier, nil},
		"no Issuers":   {noIssuers, nil},
		"no Resolver":  {noResolver, nil},
		"of your own":  {own, []token.Posture{{}}},
		"fixed keys":   {fixed, []token.Posture{one}},
		"fetched keys": {fetching, []token.Posture{two}},
		"bound tokens": {bound, []token.Posture{{Issuer: issuer, Audience: []string{audience}, Algorithms: usual, Confirmations: []string{"x5t#S256", "b"}}}},
		"several":      {token.ByIssuer(map[string]token.Authenticator{issuer: fixed, otherIssuer: fetching}), []token.Posture{one, two}},
		"one's own among several": {
			token.ByIssuer(map[string]token.Authenticator{"https://z.example": own}), []token.Posture{{Issuer: "https://z.example"}},
		},
		"templates alone": {templates, []token.Posture{{Issuer: "https://b.example/{t}", Audience: []string{audience}, Algorithms: usual}}},
		"a Resolver": {resolver, []token.Posture{
			{Issuer: "https://a.example/{t}", Audience: []string{audience}, Algorithms: usual, Keys: &jwks.Status{},
				Relaxations: append([]string{"Template.AnyValue accepts every issuer of this form"}, azp...)},
			{Issuer: "https://b.example/{t}", Audience: []string{audience}, Algorithms: usual},
			{Relaxations: []string{"ResolverConfig.Resolve accepts issuers with settings that are not known here"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := token.Postures(c.auth)
			require.Len(t, got, len(c.want))
			for i := range got {
				if want := c.want[i].Keys; want != nil {
					require.NotNil(t, got[i].Keys)
					assert.Equal(t, jwks.StateEmpty, got[i].Keys.State)
					assert.False(t, got[i].Ready())
					got[i].Keys = want
				} else {
					assert.True(t, got[i].Ready())
				}
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// methodOnly is a ConfirmationChecker that only tells its method.
type methodOnly string

func (m methodOnly) Method() string { return string(m) }

func (methodOnly) Check(context.Context, *token.Token, token.Presentation) error {
	return token.ErrBinding
}
