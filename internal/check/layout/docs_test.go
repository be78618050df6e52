package layout_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestImportTable compares the table of imports in docs/architecture.md with
// the code.
func TestImportTable(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, "docs/architecture.md"), "\n| package | imports |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	written := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		require.Len(t, cells, 2, line)
		written[strings.TrimSpace(cells[0])] = strings.FieldsFunc(cells[1], func(r rune) bool { return r == ',' || r == ' ' })
	}
	actual := map[string][]string{}
	for _, p := range packagesWhere(t, func(rel string) bool { return rel != "." && (isLibrary(rel) || isTestKit(rel)) }) {
		own := []string{}
		for _, path := range p.Imports {
			if isUnder(path, module) {
				own = append(own, relative(path))
			}
		}
		actual[p.rel()] = own
	}
	for rel, own := range actual {
		assert.ElementsMatchf(t, own, written[rel], "the row of %s", rel)
	}
	for rel := range written {
		assert.Containsf(t, actual, rel, "a row of a package that is not there")
	}
}

// TestDocumentedFiles finds files that docs/architecture.md names and that
// have moved since.
func TestDocumentedFiles(t *testing.T) {
	t.Parallel()
	files := sourceFiles(t)
	names := regexp.MustCompile(`\b(?:internal/)?(?:jwks|token|scope|middleware|grpcauth|strict|challenge|credentials|guard|rejection|jws|claims)(?:/[a-z_]+)*\.go\b`)
	found := names.FindAllString(read(t, "docs/architecture.md"), -1)
	require.NotEmpty(t, found)
	for _, name := range found {
		assert.Truef(t, slices.Contains(files, name), "docs/architecture.md names %s", name)
	}
}
