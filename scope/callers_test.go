package scope_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// callers are the tokens of the table in docs/policies.md. The issuer has marks
// of users.
func callers(t *testing.T) map[string]*token.Token {
	t.Helper()
	vouch := func(sub, client string, kind token.SubjectKind, act string) *token.Token {
		made, err := token.Vouched("", token.VouchedClaims{
			Issuer: actorIssuer, Audience: []string{"https://api.example.com"}, Expiry: time.Now().Add(time.Hour),
			Subject: sub, ClientID: client, SubjectKind: kind, JSON: []byte(act),
		})
		require.NoError(t, err)
		return made
	}
	return map[string]*token.Token{
		"of a user":     vouch("alice", "web shop", token.SubjectUser, `{}`),
		"of a service":  vouch("job", "job", token.SubjectClient, `{}`),
		"delegated":     vouch("alice", "gateway", token.SubjectUser, `{"act":{"sub":"gateway"}}`),
		"impersonation": vouch("alice", "gateway", token.SubjectUser, `{}`),
	}
}

var callerRow = regexp.MustCompile(`(?m)^\| ([a-z ]+): [^|]+ \|(.*)\|$`)

// The table says what the policies do.
func TestTableOfCallers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/policies.md")
	require.NoError(t, err)
	tokens := callers(t)
	rows := callerRow.FindAllStringSubmatch(string(page), -1)
	require.Len(t, rows, len(tokens))
	for _, row := range rows {
		tok := tokens[row[1]]
		require.NotNil(t, tok, row[1])
		cells := strings.Split(strings.ReplaceAll(strings.ReplaceAll(row[2], " (¹)", ""), " (²)", ""), "|")
		require.Len(t, cells, 8)
		act := "absent"
		if actor, ok := tok.Actor(); ok {
			act = actor.Subject
		}
		want := []string{tok.Subject(), tok.ClientID(), act, tok.SubjectKind().String()}
		for _, p := range []scope.Policy{scope.User, scope.Client, scope.NotDelegated, scope.ActorIn(token.Actor{Issuer: actorIssuer, Subject: "gateway"})} {
			verdict := "denies"
			if p.Check(tok) == nil {
				verdict = "lets in"
			}
			want = append(want, verdict)
		}
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), "the service", "gateway")
		}
		assert.Equal(t, want, cells, row[1])
	}
}
