package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The whole story, as the command plays it.
func TestStory(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	ok, err := run(t.Context(), &out, nil)
	require.NoError(t, err)
	assert.True(t, ok, "a step went otherwise than told:\n%s", &out)
	assert.NotContains(t, out.String(), "eyJ", "a token has been printed")
	assert.Regexp(t, `All 64 steps went as told\.`, out.String())
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
}
