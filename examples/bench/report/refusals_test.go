package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The comparison says who refuses what. Its last column is jwx v4, which does not
// build everywhere.
func TestRefusalsAreThoseOfTheComparison(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/comparison.md")
	require.NoError(t, err)
	_, written, ok := strings.Cut(string(page), "<!-- measured: refusals -->")
	require.True(t, ok)
	written, _, _ = strings.Cut(written, "<!-- end of refusals -->")
	text, err := refusals()
	require.NoError(t, err)
	own, theirs := strings.Split(strings.TrimSpace(text), "\n"), strings.Split(strings.TrimSpace(written), "\n")
	require.Len(t, theirs, len(own))
	for i := range own {
		assert.Truef(t, strings.HasPrefix(theirs[i], own[i]), "docs/comparison.md has\n%s\nwant\n%s", theirs[i], own[i])
	}
}
