package scope_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
)

// A log tells who acts for whom. An actor may be a person: its subject shows as
// that of the token does.
func TestLogOfActors(t *testing.T) {
	t.Parallel()
	act := object{"act": object{"iss": "https://b\n", "sub": "help\x1bdesk", "client_id": strings.Repeat("x", 900), "act": object{"sub": "earlier"}}}
	actorOf := func(s scope.SubjectInLog, claims object) (line, actor map[string]any) {
		l := newLogged(slog.LevelDebug)
		scope.LogTo(l.Logger, &scope.LogConfig{Subject: s, HashKey: []byte("k")}).Allowed(context.Background(), scope.Decision{Token: claiming(t, claims)})
		lines := l.lines(t)
		require.Len(t, lines, 1)
		actor, _ = lines[0]["actor"].(map[string]any)
		return lines[0], actor
	}
	_, actor := actorOf(scope.SubjectLeftOut, act)
	assert.Len(t, actor, 2)
	assert.Equal(t, `https://b`, actor["issuer"])
	assert.Less(t, len(actor["client_id"].(string)), 700)
	_, actor = actorOf(scope.SubjectShown, act)
	assert.Equal(t, `help\x1bdesk`, actor["subject"])
	line, actor := actorOf(scope.SubjectHashed, act)
	assert.Len(t, actor["subject"], 16)
	assert.NotEqual(t, line["subject"], actor["subject"])
	line, _ = actorOf(scope.SubjectShown, nil)
	assert.NotContains(t, line, "actor")
}
