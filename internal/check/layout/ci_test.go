package layout_test

import (
	"go/ast"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFuzzTargetsRun compares the fuzz targets that there are with those that
// .ci/run finds: one that it overlooks would never run.
func TestFuzzTargetsRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip(".ci/run is a shell script")
	}
	cmd := exec.Command("bash", ".ci/run", "-list-fuzz")
	cmd.Dir = root()
	out, err := cmd.Output()
	require.NoError(t, err)
	listed := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(listed)
	assert.Equal(t, fuzzTargets(t), listed)
}

// fuzzTargets are all functions that the go command takes for such, as
// "directory name".
func fuzzTargets(t *testing.T) (targets []string) {
	t.Helper()
	for _, file := range sourceFiles(t) {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, d := range parse(t, filepath.Join(root(), filepath.FromSlash(file))).Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") && takesF(f) {
				targets = append(targets, path.Dir(file)+" "+f.Name.Name)
			}
		}
	}
	slices.Sort(targets)
	return targets
}

func takesF(f *ast.FuncDecl) bool {
	if len(f.Type.Params.List) != 1 {
		return false
	}
	pointer, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	s, ok := pointer.X.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "F"
}
