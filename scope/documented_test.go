package scope_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// columnOf are the texts in a column of a table of docs/policies.md.
func columnOf(t *testing.T, heading string, column int) (texts []string) {
	t.Helper()
	page, err := os.ReadFile("../docs/policies.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(page), "\n"+heading+"\n")
	require.True(t, ok, heading)
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(table) {
		cell := strings.Split(line, "|")[column]
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			texts = append(texts, m[1])
		}
	}
	require.Greater(t, len(texts), 8)
	return texts
}

// The page prints policies as they are read, and refuses what is refused.
func TestDocumentedTexts(t *testing.T) {
	t.Parallel()
	own := []scope.Policy{ownRule("tier gold"), ownRule("not blocked"), ownRule("at least 2"), scope.Details("payment", func(scope.Detail) bool { return true })}
	for _, text := range columnOf(t, "| policy | prints as | lets a call through if |", 2) {
		for part := range strings.SplitSeq(text, "`, `") {
			if strings.HasPrefix(part, "REHEARSAL(") {
				continue
			}
			p, err := scope.ParsePolicy(part, own...)
			require.NoError(t, err)
			assert.Equal(t, part, p.String())
		}
	}
	for _, text := range columnOf(t, "| text | why |", 1) {
		_, err := scope.ParsePolicy(text, own...)
		assert.ErrorIs(t, err, token.ErrConfig, text)
	}
}
