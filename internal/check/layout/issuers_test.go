package layout_test

import (
	"go/format"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPoliciesOfIssuers vets the policies on the pages about issuers. Each block
// of Go there makes one, called policy.
func TestPoliciesOfIssuers(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(root(), "docs", "issuers", "*.md"))
	require.NoError(t, err)
	found := 0
	for _, page := range pages {
		for _, policy := range blocks(read(t, filepath.Join("docs", "issuers", filepath.Base(page))), "go") {
			found++
			formatted, err := format.Source([]byte(policy))
			require.NoError(t, err, page)
			assert.Equal(t, string(formatted), policy, "as gofmt writes it")
			p := overlay(t, "package main\n\nimport \""+module+"/scope\"\n\nfunc main() {\n\t"+policy+"\tprintln(policy.String())\n}\n")
			mustGo(t, "build", "-overlay="+p.overlay, "-o="+os.DevNull, p.path)
		}
	}
	assert.NotZero(t, found)
}
