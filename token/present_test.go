package token_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestC_6749_10_3_1_PrintingAPresentationShowsNoSecret(t *testing.T) {
	t.Parallel()
	p := token.Bearer(mint{}.token())
	p.Scheme, p.Proofs = "Be\narer", []string{claims("jti", "proof").token()}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("call", "p", p, "pointer", &p, "inside", []token.Presentation{p})
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "p", p, "pointer", &p, "inside", []token.Presentation{p})
	encoded, err := json.Marshal(map[string]any{"p": p, "pointer": &p})
	require.NoError(t, err)
	log.Write(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb+" "+verb+" "+verb+"\n", p, &p, struct{ P token.Presentation }{p})
	}
	assertHidden(t, log.String(), p.Token)
	assertHidden(t, log.String(), p.Proofs[0])
	assert.Equal(t, fmt.Sprintf("access token of %d bytes under scheme %q", len(p.Token), p.Scheme), p.String())
	assert.Equal(t, `no access token under scheme "Bearer"`, token.Presentation{}.String())
	assert.Less(t, len(token.Presentation{Scheme: strings.Repeat("x", 1000)}.String()), 200)
}
