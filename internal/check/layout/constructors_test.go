package layout_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestConstructors wants each constructor under its type in go doc. An
// embedded error makes go doc take error for a type of the package, and every
// "(T, error)" for a function of two types.
func TestConstructors(t *testing.T) {
	t.Parallel()
	for _, p := range packagesWhere(t, isPublic) {
		var files []*ast.File
		fset := token.NewFileSet()
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			require.NoError(t, err)
			files = append(files, file)
		}
		documented, err := doc.NewFromFiles(fset, files, p.ImportPath)
		require.NoError(t, err)
		types := map[string]bool{}
		for _, typ := range documented.Types {
			types[typ.Name] = true
		}
		for _, f := range documented.Funcs {
			made, isNew := strings.CutPrefix(f.Name, "New")
			assert.Falsef(t, isNew && types[made], "%s: %s does not stand under type %s", p.rel(), f.Name, made)
		}
	}
}
