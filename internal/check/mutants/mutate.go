package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change to the source.
type mutant struct {
	id     int
	target target
	file   string // within the module
	line   int
	fn     string // the function it is in
	change string // "off", "always", "returns nil", "< as <="
	text   string // the source that is changed
	nth    int    // of those that are alike otherwise
}

// name does not hold the line, so that it lasts while other lines move.
func (m *mutant) name() string {
	name := fmt.Sprintf("%s %s: %s: %s", m.file, m.fn, m.change, m.text)
	if m.nth > 1 {
		name += fmt.Sprintf(" (%d)", m.nth)
	}
	return name
}

// mutate rewrites the targets under root, and returns what can be switched.
func mutate(root string) ([]*mutant, error) {
	w := &writer{root: root, names: map[string]bool{}}
	for _, t := range targets {
		for _, file := range t.files {
			if err := w.rewrite(t, t.dir+"/"+file); err != nil {
				return nil, err
			}
		}
	}
	return w.mutants, os.WriteFile(filepath.Join(root, w.mkdir(), "flip.go"), []byte(flip), 0o644)
}

// flip is the package that tells which mutant is on.
const flip = `package flip

import (
	"os"
	"strconv"
)

var on, _ = strconv.Atoi(os.Getenv("POSTERN_MUTANT"))

func Is(id int) bool { return id == on }
`

type writer struct {
	root    string
	mutants []*mutant
	names   map[string]bool

	target target
	file   string
	source []byte
	set    *token.FileSet
	fn     string
	edits  []edit
}

// edit replaces source[from:to].
type edit struct {
	from, to int
	text     string
}

func (w *writer) mkdir() string {
	dir := filepath.Join("internal", "flip")
	_ = os.MkdirAll(filepath.Join(w.root, dir), 0o755) // the write after it tells
	return dir
}

func (w *writer) rewrite(t target, file string) error {
	path := filepath.Join(w.root, filepath.FromSlash(file))
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	w.target, w.file, w.source, w.set, w.edits = t, file, source, token.NewFileSet(), nil
	parsed, err := parser.ParseFile(w.set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range parsed.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			w.function(fn)
		}
	}
	if len(w.edits) == 0 {
		return nil
	}
	at := w.offset(parsed.Name.End())
	w.edits = append(w.edits, edit{at, at, "\n\nimport \"" + modulePath + "internal/flip\""})
	return os.WriteFile(path, w.apply(), 0o644)
}

func (w *writer) apply() []byte {
	slices.SortStableFunc(w.edits, func(a, b edit) int { return a.from - b.from })
	var out []byte
	pos := 0
	for _, e := range w.edits {
		if e.from < pos {
			panic(fmt.Sprintf("%s: edits overlap at %q", w.file, e.text))
		}
		out = append(append(out, w.source[pos:e.from]...), e.text...)
		pos = e.to
	}
	return append(out, w.source[pos:]...)
}

func (w *writer) offset(p token.Pos) int { return w.set.Position(p).Offset }

func (w *writer) text(n ast.Node) string {
	return string(w.source[w.offset(n.Pos()):w.offset(n.End())])
}

// flip registers a mutant and is the expression that tells whether it is on.
func (w *writer) flip(n ast.Node, change, text string) string {
	id := len(w.mutants) + 1
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 100 {
		text = text[:100] + "..."
	}
	m := &mutant{
		id: id, target: w.target, file: w.file, line: w.set.Position(n.Pos()).Line, fn: w.fn, change: change, text: text,
	}
	for m.nth = 1; w.names[m.name()]; m.nth++ {
	}
	w.names[m.name()] = true
	w.mutants = append(w.mutants, m)
	return fmt.Sprintf("flip.Is(%d)", id)
}
