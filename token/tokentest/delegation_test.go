package tokentest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func TestActorsAndDetails(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	read := func(edits ...tokentest.Edit) *token.Token {
		verified, err := verifier.Authenticate(t.Context(), token.Bearer(issuer.Token(edits...)))
		require.NoError(t, err)
		return verified
	}
	chain := []token.Actor{{Issuer: "https://b.test", Subject: "gateway", ClientID: "web"}, {Issuer: issuer.Identifier(), ClientID: "batch"}}
	delegated := tokentest.Actors(chain...)
	assert.Equal(t, chain, read(delegated).ActorChain())
	assert.Equal(t, []token.Actor{{Issuer: issuer.Identifier(), Subject: "gateway"}}, read(tokentest.Actors(token.Actor{Subject: "gateway"})).ActorChain())
	assert.Empty(t, read(delegated, tokentest.Actors()).ActorChain())

	type payment struct {
		Limit int `json:"limit"`
	}
	details := tokentest.Details(map[string]any{"type": "payment", "limit": 5}, map[string]any{"type": "x"})
	found, err := token.DetailsOf[payment](read(details), "payment")
	require.NoError(t, err)
	assert.Equal(t, []payment{{5}}, found)
	found, err = token.DetailsOf[payment](read(details, tokentest.Details()), "payment")
	require.NoError(t, err)
	assert.Empty(t, found)
}
