package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../.."

// pkg is what the go command says of a package.
type pkg struct {
	ImportPath, Name, Export string
	DepOnly                  bool
}

// publicPackages are those of all modules of the tree, by import path. They are
// read from what the compiler has written, so that the API is seen just as
// users' programs see it.
func publicPackages(t *testing.T) (public []*types.Package) {
	t.Helper()
	for _, dir := range modules(t) {
		all := packages(t, dir)
		files := map[string]string{}
		for _, p := range all {
			files[p.ImportPath] = p.Export
		}
		imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
			return os.Open(files[path])
		})
		for _, p := range all {
			if p.DepOnly || p.Name == "main" || isInternal(p.ImportPath) {
				continue
			}
			imported, err := imp.Import(p.ImportPath)
			require.NoError(t, err)
			public = append(public, imported)
		}
	}
	slices.SortFunc(public, func(a, b *types.Package) int { return strings.Compare(a.Path(), b.Path()) })
	return public
}

// modules are the directories that have a go.mod, without those of examples and
// tools, which have no users.
func modules(t *testing.T) (dirs []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".cache", "examples", "internal", "testdata"}, d.Name()):
			return fs.SkipDir
		case d.Name() == "go.mod":
			dirs = append(dirs, filepath.Dir(path))
		}
		return nil
	})
	require.NoError(t, err)
	require.Contains(t, dirs, filepath.Clean(root))
	return dirs
}

// packages are those of a module and all that they depend on.
func packages(t *testing.T, dir string) (all []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Name,Export,DepOnly", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	require.NoError(t, err, problems.String())
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}

// isInternal reports whether a package has no users: it is internal, or shows
// the module at work.
func isInternal(importPath string) bool {
	parts := strings.Split(importPath, "/")
	return slices.Contains(parts, "internal") || slices.Contains(parts, "examples")
}
