package document_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench/internal/document"
)

func TestReplace(t *testing.T) {
	t.Parallel()
	const page = "a\n<!-- measured: x -->\nold\n<!-- end of x -->\nb\n"
	const want = "a\n<!-- measured: x -->\n\nnew\n\n<!-- end of x -->\nb\n"
	for _, before := range []string{page, want} {
		got, err := document.Replace(before, "x", "\nnew\n")
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, broken := range []string{"", "<!-- measured: x -->\n", "<!-- end of x -->"} {
		_, err := document.Replace(broken, "x", "new")
		require.Error(t, err)
	}
}
