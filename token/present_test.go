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

// wrapped is a Verifier inside another type.
type wrapped struct{ *token.Verifier }

func TestC_6749_10_3_1_PrintingAPresentationShowsNoSecret(t *testing.T) {
	t.Parallel()
	p := token.Bearer(mint{}.token())
	sent := token.Request{Method: "GE\nT", DPoP: []string{claims("jti", "proof").token()}}
	p.Scheme, p.Call = "Be\narer", sent
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("call", "p", p, "pointer", &p, "inside", []token.Presentation{p})
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "p", p, "pointer", &p, "inside", []token.Presentation{p})
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "request", p.Request(), "inside", []token.Request{sent})
	encoded, err := json.Marshal(map[string]any{"p": p, "pointer": &p, "request": sent})
	require.NoError(t, err)
	log.Write(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb+" "+verb+" "+verb+"\n", p, &p, struct{ P token.Presentation }{p})
		fmt.Fprintf(&log, verb+" "+verb+"\n", sent, &sent)
	}
	assertHidden(t, log.String(), p.Token)
	assertHidden(t, log.String(), sent.DPoP[0])
	assert.Equal(t, `request by "GE\nT"`, sent.String())
	assert.Equal(t, fmt.Sprintf("access token of %d bytes under scheme %q", len(p.Token), p.Scheme), p.String())
	assert.Equal(t, `no access token under scheme "Bearer"`, token.Presentation{}.String())
	assert.Less(t, len(token.Presentation{Scheme: strings.Repeat("x", 1000)}.String()), 200)
}
