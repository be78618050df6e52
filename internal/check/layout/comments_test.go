package layout_test

import (
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPackageComments wants exactly one package comment for each package: none
// leaves the reader alone, and of two the documentation shows both, in the
// order of their files.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		var with []string
		for _, file := range p.files(p.GoFiles) {
			if comment := packageComment(t, file); comment != "" {
				with = append(with, filepath.Base(file))
				assert.Regexpf(t, beginning(p), comment, "%s begins with its name", file)
			}
		}
		assert.Lenf(t, with, 1, "%s has one package comment", p.rel())
		for _, file := range p.files(p.TestGoFiles, p.XTestGoFiles) {
			assert.Emptyf(t, packageComment(t, file), "%s is a test", file)
		}
	}
}

// beginning is how the comment of a package starts. That of a command may start
// with its name alone.
func beginning(p pkg) string {
	if p.Name == "main" {
		return `^(Command |(?i:` + regexp.QuoteMeta(path.Base(p.ImportPath)) + `) )`
	}
	return "^Package " + p.Name + `\b`
}

func packageComment(t *testing.T, file string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
	require.NoError(t, err)
	return strings.TrimSpace(f.Doc.Text())
}
