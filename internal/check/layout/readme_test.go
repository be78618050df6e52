package layout_test

import (
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// block finds the fenced blocks of a language.
func blocks(text, language string) (found []string) {
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// TestReadmeCommands holds the first thing a reader sees to what .ci/run runs.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	readme := read(t, "README.md")
	shell := blocks(readme, "sh")
	require.NotEmpty(t, shell)
	assert.Equal(t, "go run ./examples/photos\ngo test ./...\n", shell[0])
	before, _, _ := strings.Cut(readme, "```")
	assert.Regexp(t, `^# postern\n\n(?:.+\n)+\n$`, before, "one paragraph, and then the commands")
	assert.Less(t, len(strings.Fields(readme)), 900, "what takes more words is a page of its own")
}

// TestReadmePrograms builds and vets what readers will copy. Each program
// stands alone, one for HTTP and one for gRPC.
func TestReadmePrograms(t *testing.T) {
	t.Parallel()
	programs := blocks(read(t, "README.md"), "go")
	require.Len(t, programs, 2)
	assert.Contains(t, programs[0], module+"/middleware")
	assert.Contains(t, programs[1], module+"/grpcauth")
	for _, source := range programs {
		assert.True(t, strings.HasPrefix(source, "package main\n"), "a whole program")
		formatted, err := format.Source([]byte(source))
		require.NoError(t, err)
		assert.Equal(t, string(formatted), source, "as gofmt writes it")
		p := overlay(t, source)
		mustGo(t, "build", "-overlay="+p.overlay, "-o="+os.DevNull, p.path)
		mustGo(t, "vet", "-overlay="+p.overlay, p.path)
	}
}

// TestReadmeSupports holds the support policy to go.mod.
func TestReadmeSupports(t *testing.T) {
	t.Parallel()
	minor, _, _ := strings.Cut(strings.TrimPrefix(readGoMod(t, "go.mod").Go, "1."), ".")
	assert.Contains(t, read(t, "README.md"), "Postern needs Go 1."+minor+" or later.")
}

// TestLinks finds links between files of the repository that lead nowhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^):#]+)\)`)
	for _, file := range sourceFiles(t) {
		if !strings.HasSuffix(file, ".md") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			target := filepath.Join(root(), filepath.Dir(filepath.FromSlash(file)), filepath.FromSlash(m[1]))
			assert.FileExistsf(t, target, "%s links to %s", file, m[1])
		}
	}
}

// TestIndex wants every page in the index of the pages.
func TestIndex(t *testing.T) {
	t.Parallel()
	index := read(t, "docs/README.md")
	for _, file := range sourceFiles(t) {
		if name, ok := strings.CutPrefix(file, "docs/"); ok && strings.HasSuffix(name, ".md") && !strings.Contains(name, "/") && name != "README.md" {
			assert.Containsf(t, index, "]("+name+")", "docs/README.md does not link to %s", name)
		}
	}
}

// TestRecipes wants every example for a stack on the page that lists them.
func TestRecipes(t *testing.T) {
	t.Parallel()
	const dir = "examples/contrib/"
	page := read(t, "docs/recipes.md")
	for _, file := range sourceFiles(t) {
		name, ok := strings.CutPrefix(file, dir)
		if !ok || strings.Contains(name, "/") || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if name != "doc.go" && name != "shop.go" {
			assert.Containsf(t, page, "](../"+file+")", "docs/recipes.md does not link to %s", file)
		}
	}
}
