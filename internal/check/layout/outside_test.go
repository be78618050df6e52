package layout_test

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outsider is a module of a user, in a directory of its own. Its go.mod
// replaces this module by the tree, and it builds with what the module cache
// holds: the tests of the tree need no more.
type outsider struct{ dir string }

func outside(t *testing.T, files map[string]string) outsider {
	t.Helper()
	o := outsider{t.TempDir()}
	o.write(t, "go.mod", fmt.Sprintf("module example.com/service\n\ngo %s\n\nreplace %s => %s\n",
		readGoMod(t, "go.mod").Go, module, strconv.Quote(root())))
	for name, text := range files {
		o.write(t, name, text)
	}
	return o
}

func (o outsider) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(o.dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// run runs the go command there, with its defaults and without the network.
func (o outsider) run(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = o.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOPROXY=off", "GOSUMDB=off")
	out, err := cmd.CombinedOutput()
	require.NoErrorf(t, err, "go %s, in a module outside of this one:\n%s", strings.Join(args, " "), out)
}

// requires are the modules in its go.mod, and sums those in its go.sum.
func (o outsider) requires(t *testing.T) (paths []string) {
	t.Helper()
	for _, r := range readGoMod(t, filepath.Join(o.dir, "go.mod")).Require {
		paths = append(paths, r.Path)
	}
	slices.Sort(paths)
	return paths
}

func (o outsider) sums(t *testing.T) (paths []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, "go.sum"))
	require.NoError(t, err)
	known := read(t, "go.sum")
	for line := range strings.Lines(string(text)) {
		require.Contains(t, known, line, "the module cache does not hold what go.sum says")
		paths = append(paths, strings.Fields(line)[0])
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// readmeGets are the arguments of the go get commands of the README. Each names
// the package that its program imports: the root of the module imports nothing,
// so that getting it alone gets nothing that programs need.
func readmeGets(t *testing.T) (commands [][]string) {
	t.Helper()
	for _, m := range regexp.MustCompile("`go (get [^`]+)`").FindAllStringSubmatch(read(t, "README.md"), -1) {
		commands = append(commands, strings.Fields(m[1]))
	}
	require.Len(t, commands, 2)
	return commands
}

// TestOutsideHTTP takes the first program of the README to a module of its own.
// What its go.mod and go.sum name is what its author has to answer for: tools
// that look for known flaws read no further.
func TestOutsideHTTP(t *testing.T) {
	t.Parallel()
	const jose = "github.com/go-jose/go-jose/v4"
	o := outside(t, map[string]string{"main.go": blocks(read(t, "README.md"), "go")[0]})
	o.run(t, readmeGets(t)[0]...)
	o.run(t, "vet", "./...")
	o.run(t, "build", "-o="+os.DevNull, ".")
	assert.Equal(t, []string{jose, module}, o.requires(t))
	assert.Equal(t, []string{jose}, o.sums(t))

	o.run(t, "mod", "tidy")
	o.run(t, "vet", "./...")
	assert.Equal(t, []string{jose, module}, o.requires(t))
	for _, path := range o.sums(t) { // now with what the tests of our packages import
		assert.False(t, isUnder(path, "google.golang.org"), "%s: %s", path, whyNoGRPC)
		assert.False(t, isUnder(path, "go.yaml.in/yaml"), "%s: %s", path, whyNoYAML)
	}
}

// TestOutsideGRPC does the same with the second, which needs grpc but neither
// a reader of YAML nor what only this module's tests use.
func TestOutsideGRPC(t *testing.T) {
	t.Parallel()
	o := outside(t, map[string]string{"main.go": blocks(read(t, "README.md"), "go")[1]})
	o.run(t, readmeGets(t)[1]...)
	o.run(t, "vet", "./...")
	o.run(t, "build", "-o="+os.DevNull, ".")
	assert.Contains(t, o.requires(t), "google.golang.org/grpc")
	for _, unwanted := range []string{"go.yaml.in/yaml/v3", "gopkg.in/yaml.v3", "github.com/stretchr/testify", "golang.org/x/oauth2"} {
		assert.NotContains(t, o.requires(t), unwanted)
		assert.NotContains(t, o.sums(t), unwanted)
	}
}

// TestOutsideExamples compiles there the Examples that the documentation shows,
// as readers copy them: one that used something internal would not compile.
// The commands below examples must build from there, too.
func TestOutsideExamples(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	var public, commands []string
	for _, p := range packages(t) {
		switch {
		case isPublic(p.rel()):
			public = append(public, p.ImportPath)
			for _, name := range examplesOf(p) {
				files[path.Join(p.rel(), name)] = read(t, path.Join(p.rel(), name))
			}
		case isExample(p.rel()) && p.Name == "main":
			commands = append(commands, p.ImportPath)
		}
	}
	require.Greater(t, len(files), 8)
	require.NotEmpty(t, commands)
	o := outside(t, files)
	o.run(t, slices.Concat([]string{"get"}, public, commands)...)
	o.run(t, "vet", "./...")
	o.run(t, slices.Concat([]string{"build"}, commands)...)
}

// examplesOf are the test files that have nothing but Examples.
func examplesOf(p pkg) []string {
	return slices.DeleteFunc(slices.Clone(p.XTestGoFiles), func(name string) bool { return !strings.Contains(name, "example") })
}
