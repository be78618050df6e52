package scope_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
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

// The text of a refusal does not say what the line leaves out.
func TestErrorsLeaveActorsOut(t *testing.T) {
	t.Parallel()
	tok := claiming(t, object{"act": object{"iss": "https://b", "sub": "alice", "client_id": "desk"}})
	gateway := token.Actor{Issuer: "https://b", Subject: "gateway"}
	for _, p := range []scope.Policy{scope.NotDelegated, scope.ActorIn(gateway), scope.ActorIn(gateway, token.Actor{Issuer: "https://c", ClientID: "x"}), scope.NotDelegated.And(scope.User).Or(scope.ActorIn(gateway))} {
		l := newLogged(slog.LevelDebug)
		err := p.Check(tok)
		require.ErrorIs(t, err, token.ErrDenied)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "alice")
		scope.LogTo(l.Logger, nil).Refused(context.Background(), scope.Decision{Token: tok, Err: err})
		lines := l.lines(t)
		require.Len(t, lines, 1)
		assert.NotContains(t, fmt.Sprint(lines), "alice", p)
		assert.Contains(t, fmt.Sprint(lines), "desk", p)
	}
}
