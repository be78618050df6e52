package token_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token"
)

// wrapped is a Verifier in somebody else's clothes.
type wrapped struct{ *token.Verifier }

func TestBearerOnly(t *testing.T) {
	t.Parallel()
	plain := newVerifier(t, nil)
	other := newVerifier(t, func(c *token.Config) { c.Issuer = otherIssuer })
	proving := newVerifier(t, func(c *token.Config) { c.Proofs = []token.Proof{proof{"x5t#S256", nil}} })
	several := func(second token.Authenticator) token.Authenticator {
		return token.ByIssuer(map[string]token.Authenticator{issuer: plain, otherIssuer: second})
	}
	for name, c := range map[string]struct {
		auth token.Authenticator
		want bool
	}{
		"a Verifier":                        {plain, true},
		"a Verifier with a Proof":           {proving, false},
		"what embeds a Verifier":            {wrapped{plain}, false}, // and may look at more
		"issuers, all Verifiers":            {several(other), true},
		"issuers, one of them not":          {several(wrapped{other}), false},
		"issuers within issuers":            {several(token.ByIssuer(nil)), true},
		"issuers within issuers, one not":   {several(token.ByIssuer(map[string]token.Authenticator{"x": wrapped{}})), false},
		"nothing":                           {nil, false},
		"a Verifier that is none":           {(*token.Verifier)(nil), false},
		"one that only looks like Verifier": {struct{ token.Authenticator }{plain}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, token.BearerOnly(c.auth))
		})
	}
}
