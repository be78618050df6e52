package conformance_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var cited = regexp.MustCompile("`([a-z/]+) ((?:Test|Fuzz)\\w+)`")

// Each test that docs/threat-model.md names exists, and each of its promises
// names one.
func TestTestsOfTheThreatModelExist(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "threat-model.md"))
	require.NoError(t, err)
	known := map[string]map[string]bool{}
	total := 0
	for _, m := range cited.FindAllStringSubmatch(string(page), -1) {
		total++
		if known[m[1]] == nil {
			known[m[1]] = testsOf(t, m[1])
		}
		assert.True(t, known[m[1]][m[2]], "there is no %s in %s", m[2], m[1])
	}
	assert.Greater(t, total, 50)

	_, promises, _ := strings.Cut(string(page), "## What postern promises")
	promises, _, _ = strings.Cut(promises, "## What it leaves")
	for line := range strings.Lines(promises) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| promise") {
			assert.Regexp(t, cited, line)
		}
	}
}

// testsOf are the functions in the test files of a package.
func testsOf(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pkg), "*_test.go"))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}
