package main

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const source = `package x

import "errors"

func check(a, b int, ok bool) error {
	if a < b && !(ok || b >= 3) {
		return errors.New("x")
	}
	switch {
	case a == b:
		return nil
	}
	return nil
}

func is(a int) bool { return a > 0 && a <= 9 }

func other(a int) int {
	for i := 0; i < a; i++ {
		a = -a
	}
	return a
}
`

func TestRewrite(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path := filepath.Join(root, "x.go")
	require.NoError(t, os.WriteFile(path, []byte(source), 0o600))
	w := &writer{root: root, names: map[string]bool{}}
	require.NoError(t, w.rewrite(target{dir: "."}, "x.go"))

	var changes []string
	for i, m := range w.mutants {
		assert.Equal(t, i+1, m.id)
		changes = append(changes, m.fn+" "+m.change+" "+m.text)
	}
	assert.ElementsMatch(t, []string{
		"check returns nil check",
		"check off a < b && !(ok || b >= 3)", "check always a < b && !(ok || b >= 3)",
		"check part out a < b", "check < as <= a < b", "check part out !(ok || b >= 3)",
		"check part out ok", "check part out b >= 3", "check >= as > b >= 3",
		"check off a == b", "check always a == b",
		"is returns true is", "is returns false is",
		"is part out a > 0", "is > as >= a > 0", "is part out a <= 9", "is <= as < a <= 9",
		"other < as <= i < a",
	}, changes)

	written, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = parser.ParseFile(token.NewFileSet(), path, written, parser.AllErrors)
	require.NoError(t, err, "%s", written)
	assert.Equal(t, len(w.mutants), strings.Count(string(written), "flip.Is(")-doubled(w.mutants))
}

// doubled is how often a mutant stands a second time in the source: those of a
// boundary stand for both sides.
func doubled(mutants []*mutant) (n int) {
	for _, m := range mutants {
		if strings.Contains(m.change, " as ") {
			n++
		}
	}
	return n
}

// Names last while lines move, and no two mutants have the same: known.txt
// goes by them.
func TestNamesDiffer(t *testing.T) {
	t.Parallel()
	root, err := moduleRoot()
	require.NoError(t, err)
	work := t.TempDir()
	require.NoError(t, copyModule(root, work))
	mutants, err := mutate(work)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, m := range mutants {
		assert.False(t, seen[m.name()], m.name())
		seen[m.name()] = true
	}
	known, err := readKnown(filepath.Join(root, "internal", "check", "mutants", "known.txt"))
	require.NoError(t, err)
	for _, why := range known {
		assert.NotEmpty(t, why)
	}
}

func TestFirstFailure(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		"=== RUN   TestA\n    --- PASS: TestA/b (0.00s)\n--- PASS: TestA (0.00s)\nPASS\n": "",
		"=== RUN   TestA\n    --- FAIL: TestA/b_c (0.00s)\n--- FAIL: TestA (0.00s)\n":     "TestA/b_c",
		"panic: runtime error\n": "(panic)",
	} {
		assert.Equal(t, want, firstFailure(strings.NewReader(output)))
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	var h hints
	assert.Empty(t, h.of("a.go"))
	h.add("a.go", "TestA/b")
	h.add("a.go", "TestA/c")
	h.add("a.go", "(panic)")
	h.add("a.go", "FuzzB")
	assert.Equal(t, "^(TestA|FuzzB)$", h.of("a.go"))
	assert.Empty(t, h.of("b.go"))
}

func TestChanged(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	for _, name := range []string{"a.go", "b.go"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte("package x\n"), 0o600))
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "x")
	require.NoError(t, os.WriteFile(filepath.Join(root, "b.go"), []byte(source), 0o600))

	kept, err := changed(root, "HEAD", []*mutant{{file: "a.go"}, {file: "b.go"}})
	require.NoError(t, err)
	assert.Equal(t, []*mutant{{file: "b.go"}}, kept)
	_, err = changed(root, "no-such-revision", nil)
	assert.Error(t, err)
}
