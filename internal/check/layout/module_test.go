package layout_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/postern-go/postern"

// pkg is what the go command says of a package.
type pkg struct {
	ImportPath   string
	Name         string
	Dir          string
	Export       string // file with the export data of its dependents' view
	Standard     bool
	Module       *struct{ Path string }
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	Deps         []string
}

// rel is the import path within the module: "token/tokentest", or "." for the
// root.
func (p pkg) rel() string { return relative(p.ImportPath) }

func relative(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

func (p pkg) files(lists ...[]string) []string {
	var paths []string
	for _, name := range slices.Concat(lists...) {
		paths = append(paths, filepath.Join(p.Dir, name))
	}
	return paths
}

// testKits are for the tests of services, which no service links, with all
// below them. They may reach what a service must not.
var testKits = []string{"token/tokentest", "grpcauth/grpcauthtest"}

func isTestKit(rel string) bool {
	return slices.ContainsFunc(testKits, func(kit string) bool { return isUnder(rel, kit) })
}

// isExample reports whether the package shows the module at work and is no
// part of it.
func isExample(rel string) bool { return rel == "examples" || strings.HasPrefix(rel, "examples/") }

// isLibrary reports whether a service links the package when it uses the
// module: it is public or reached from a public one.
func isLibrary(rel string) bool { return linked()[rel] }

var linked = sync.OnceValue(func() map[string]bool {
	all, err := everything()
	if err != nil {
		panic(err)
	}
	rels := map[string]bool{}
	for _, p := range all {
		if !isUnder(p.ImportPath, module) || !isPublic(p.rel()) || isTestKit(p.rel()) {
			continue
		}
		for _, path := range append(p.Deps, p.ImportPath) {
			if isUnder(path, module) {
				rels[relative(path)] = true
			}
		}
	}
	return rels
})

func isInternal(rel string) bool { return slices.Contains(strings.Split(rel, "/"), "internal") }

// isPublic reports whether the API of the package is for users.
func isPublic(rel string) bool { return !isExample(rel) && !isInternal(rel) }

// root is the directory of the module.
var root = sync.OnceValue(func() string {
	dir, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		panic(err)
	}
	return dir
})

// goCommand runs the go command at the root of the module, without the network
// and without a look at version control, which a test must not depend on.
func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = root()
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

func mustGo(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := goCommand(args...)
	require.NoError(t, err)
	return out
}

// everything is the packages of the module and all that they depend on, with
// their export data.
var everything = sync.OnceValues(func() ([]pkg, error) {
	out, err := goCommand("list", "-export", "-deps",
		"-json=ImportPath,Name,Dir,Export,Standard,Module,GoFiles,TestGoFiles,XTestGoFiles,Imports,Deps", "./...")
	if err != nil {
		return nil, err
	}
	return decodePackages(out)
})

func decodePackages(stream []byte) ([]pkg, error) {
	var pkgs []pkg
	for d := json.NewDecoder(bytes.NewReader(stream)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs, nil
		} else if err != nil {
			return nil, err
		}
		pkgs = append(pkgs, p)
	}
}

// packages are those of the module.
func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := everything()
	require.NoError(t, err)
	own := slices.DeleteFunc(slices.Clone(all), func(p pkg) bool { return p.Module == nil || p.Module.Path != module })
	require.Greater(t, len(own), 8, "the packages of the module were not found")
	return own
}

func packagesWhere(t *testing.T, is func(rel string) bool) []pkg {
	t.Helper()
	found := slices.DeleteFunc(packages(t), func(p pkg) bool { return !is(p.rel()) })
	require.NotEmpty(t, found)
	return found
}

func named(t *testing.T, rel string) pkg {
	t.Helper()
	return packagesWhere(t, func(r string) bool { return r == rel })[0]
}

// sourceFiles are the files of the repository, nested modules included, by
// their slash-separated path. Version control and caches are left out.
func sourceFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root(), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git" || d.Name() == ".cache":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || isBuilt(d.Name()):
			return nil
		}
		rel, err := filepath.Rel(root(), path)
		files = append(files, filepath.ToSlash(rel))
		return err
	})
	require.NoError(t, err)
	return files
}

// isBuilt reports whether .gitignore leaves the file out.
func isBuilt(name string) bool {
	return strings.HasSuffix(name, ".test") || strings.HasSuffix(name, ".out")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(), filepath.FromSlash(path)))
	require.NoError(t, err)
	return string(text)
}
