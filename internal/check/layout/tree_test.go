package layout_test

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// topLevel is everything that may lie at the root. A new public package is a
// part of one of these, so that importers find what they look for.
var topLevel = map[string]string{
	"token":            "is this token good?",
	"jwks":             "the keys of an issuer",
	"scope":            "is it good enough?",
	"middleware":       "net/http",
	"grpcauth":         "gRPC",
	"examples":         "the module at work",
	"internal":         "for this module alone",
	"docs":             "for who changes the code",
	".ci":              "the checks that every change passes",
	".github":          "what the forge reads: when it runs .ci/run, updates, forms for reports",
	"doc.go":           "the package comment of the module",
	"go.mod":           "",
	"go.sum":           "",
	"README.md":        "",
	"CHANGELOG.md":     "",
	"CONTRIBUTING.md":  "",
	"SECURITY.md":      "",
	"LICENSE":          "",
	"staticcheck.conf": "settings of staticcheck",
	".gitignore":       "",
	".gitattributes":   "",
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, file := range sourceFiles(t) {
		first, _, _ := strings.Cut(file, "/")
		found[first] = true
	}
	for name := range found {
		assert.Containsf(t, topLevel, name, "%s has no place at the root", name)
	}
	for _, name := range []string{"doc.go", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", ".ci", ".github", "docs"} {
		assert.Truef(t, found[name], "%s is missing", name)
	}
}

// TestRootHasNoCode keeps the root package a signpost: what lies there is
// linked by everybody.
func TestRootHasNoCode(t *testing.T) {
	t.Parallel()
	root := named(t, ".")
	assert.Equal(t, []string{"doc.go"}, root.GoFiles)
	assert.Empty(t, root.Imports)
	for _, path := range root.files(root.GoFiles) {
		assert.Empty(t, parse(t, path).Decls)
	}
}

// workplaces are where people and machines keep checkouts.
var workplaces = regexp.MustCompile("(^|[^A-Za-z0-9_.:/-])/(home|Users|root|work|workspace|builds)/[A-Za-z0-9_.-]+/")

// TestNoTraceOfThisMachine looks for what is true only where the files were
// written: paths, and where this machine gets its modules from. Neither is
// anything a reader can use.
func TestNoTraceOfThisMachine(t *testing.T) {
	t.Parallel()
	traces := append(machinePaths(t), registries(t)...)
	require.NotEmpty(t, traces)
	for _, file := range sourceFiles(t) {
		text := read(t, file)
		if !utf8.ValidString(text) {
			continue // an image
		}
		for _, trace := range traces {
			assert.NotContainsf(t, text, trace, "%s names what is on this machine only", file)
		}
		assert.NotRegexpf(t, workplaces, text, "%s names a path on a developer's machine", file)
	}
}

func TestTracesAreFound(t *testing.T) {
	t.Parallel()
	assert.NotEmpty(t, registries(t))
	for _, text := range []string{"see /" + "home/alice/src/x", "'/" + "work/x/y", "/" + "builds/x/"} {
		assert.Regexp(t, workplaces, text)
	}
	for _, text := range []string{"https://example.com/home/a/b", "GET /photos", "../home/a/b"} {
		assert.NotRegexp(t, workplaces, text)
	}
}

// machinePaths are directories deep enough to be no accident in a text.
func machinePaths(t *testing.T) []string {
	t.Helper()
	paths := map[string]bool{root(): true}
	for name := range strings.FieldsSeq("GOMODCACHE GOCACHE GOENV") {
		paths[strings.TrimSpace(string(mustGo(t, "env", name)))] = true
	}
	if home, err := os.UserHomeDir(); err == nil {
		paths[home+string(filepath.Separator)] = true
	}
	const deep = 2
	return slices.DeleteFunc(slices.Collect(maps.Keys(paths)), func(path string) bool {
		return strings.Count(filepath.ToSlash(path), "/") < deep
	})
}

// registries are the hosts that this machine asks for modules.
func registries(t *testing.T) []string {
	t.Helper()
	var hosts []string
	list := string(mustGo(t, "env", "GOPROXY"))
	for _, entry := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '|' }) {
		if u, err := url.Parse(strings.TrimSpace(entry)); err == nil && u.Host != "" {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}
