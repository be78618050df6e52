package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	reasonHeading = regexp.MustCompile("(?m)^### `([a-z_]+)`$")
	cureItem      = regexp.MustCompile(`(?s)- \*\*Cure:\*\* (.*?)(\n\n|\n- |\n*$)`)
)

// The command says of a reason what docs/reasons.md says.
func TestCures(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reasons.md")
	require.NoError(t, err)
	text := string(page)
	written := map[string]string{}
	headings := reasonHeading.FindAllStringSubmatchIndex(text, -1)
	for i, h := range headings {
		end := len(text)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		cure := cureItem.FindStringSubmatch(text[h[1]:end])
		require.NotNil(t, cure, text[h[2]:h[3]])
		written[text[h[2]:h[3]]] = strings.ReplaceAll(strings.Join(strings.Fields(cure[1]), " "), "`", "")
	}
	require.NotEmpty(t, written)
	assert.Equal(t, written, cures)
	for reason, cure := range cures {
		assertHarmless(t, cure, "")
		assert.NotEmpty(t, cure, reason)
	}
}
