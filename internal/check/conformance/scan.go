package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Tests are the tests that bear ids: from each id as it is written to where it
// stands, as "token TestHeader".
type Tests map[string][]string

// Scan reads the test files under root.
func Scan(root string) (Tests, error) {
	found := Tests{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && isLeftOut(path, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		pkg, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		return found.file(path, filepath.ToSlash(pkg))
	})
	for id := range found {
		slices.Sort(found[id])
		found[id] = slices.Compact(found[id])
	}
	return found, err
}

// isLeftOut tells of folders without tests of the library, that of this
// package included, whose tests hold ids as examples.
func isLeftOut(path, name string) bool {
	return strings.HasPrefix(name, ".") || name == "testdata" || strings.HasSuffix(filepath.ToSlash(path), "internal/check/conformance")
}

func (t Tests) file(path, pkg string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range parsed.Decls {
		where := pkg + " " + filepath.Base(path)
		if fn, ok := d.(*ast.FuncDecl); ok {
			where = pkg + " " + fn.Name.Name
			t.name(fn.Name.Name, where)
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				t.text(lit.Value, where)
			}
			return true
		})
	}
	return nil
}

var (
	inText = regexp.MustCompile(`\bC_([A-Za-z0-9]+(?:[-.][A-Za-z0-9.]+)+)`)
	inName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark|Example)C_([A-Za-z0-9_]+)$`)
)

func (t Tests) text(text, where string) {
	for _, m := range inText.FindAllStringSubmatch(text, -1) {
		id := strings.TrimRight(m[1], ".")
		t[id] = append(t[id], where)
	}
}

// name takes the id from the name of a function, where underscores stand for
// what an identifier cannot have: see Tests.Of.
func (t Tests) name(name, where string) {
	if m := inName.FindStringSubmatch(name); m != nil {
		t["_"+m[1]] = append(t["_"+m[1]], where)
	}
}

// Of are the tests that bear the row's id.
func (t Tests) Of(id string) []string {
	tests := slices.Clone(t[id])
	for _, name := range t.named(id) {
		tests = append(tests, t[name]...)
	}
	slices.Sort(tests)
	return slices.Compact(tests)
}

// named are the names of functions that hold the id, alone or before words.
func (t Tests) named(id string) (names []string) {
	prefix := "_" + strings.NewReplacer("-", "_", ".", "_").Replace(id)
	for name := range t {
		rest, ok := strings.CutPrefix(name, prefix)
		if ok && (rest == "" || rest[0] == '_' && !isDigit(rest[1:])) {
			names = append(names, name)
		}
	}
	return names
}

// isDigit tells whether a name goes on with a number, which makes it that of
// another row.
func isDigit(rest string) bool { return rest != "" && rest[0] >= '0' && rest[0] <= '9' }

// Unknown are the ids that no row has. Those of whole sections are allowed,
// for tests whose subtests bear the ids of its rows.
func (t Tests) Unknown(rows []Row) (ids []string) {
	known := map[string]bool{}
	for _, r := range rows {
		known[r.ID] = true
		for _, name := range t.named(r.ID) {
			known[name] = true
		}
	}
	for id := range t {
		if !known[id] && !isSection(id, rows) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func isSection(id string, rows []Row) bool {
	return slices.ContainsFunc(rows, func(r Row) bool {
		written := strings.NewReplacer("-", "_", ".", "_").Replace(r.ID)
		return strings.HasPrefix(id, "_") && strings.HasPrefix("_"+written, id+"_")
	})
}
