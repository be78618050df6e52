package layout_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	mostOfFile     = 300 // lines
	mostOfFunction = 40  // lines, from func to the last brace
)

// tooLarge are files and functions that may be longer, with their reason.
var tooLarge = map[string]string{
	"internal/strict/json.go": "the strict reader: one grammar, read from top to bottom",
}

// mutable are package variables that the program may change, with their reason.
var mutable = map[string]string{
	"token.namesByType": "what reflection says of a Go type, which is the same for everyone",
}

// TestSizes keeps files to one idea and functions to a list of steps.
func TestSizes(t *testing.T) {
	t.Parallel()
	needless := maps.Clone(tooLarge)
	for name, lines := range sizes(t) {
		if tooLarge[name] == "" {
			assert.Fail(t, "too long to be read at once", "%s has %d lines", name, lines)
		}
		delete(needless, name)
	}
	assert.Empty(t, needless, "these need no exception")
}

// TestPackageState wants a library without state of its own: no init, and no
// variable that is written after it was declared. Two users of one process
// would meet there.
func TestPackageState(t *testing.T) {
	t.Parallel()
	needless := maps.Clone(mutable)
	for _, p := range packagesWhere(t, isLibrary) {
		var files []*ast.File
		for _, path := range p.files(p.GoFiles) {
			if file := parse(t, path); !ast.IsGenerated(file) { // such code registers itself
				files = append(files, file)
			}
		}
		for _, name := range state(files) {
			name = p.rel() + "." + name
			if mutable[name] == "" {
				assert.Fail(t, "the library must keep no state of its own", name)
			}
			delete(needless, name)
		}
	}
	assert.Empty(t, needless, "these need no exception")
}

// sizes are the lengths of files and functions that are too long, by "token/cache.go" or "token/cache.go:
// Type.Method".
func sizes(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, p := range packagesWhere(t, func(rel string) bool { return isLibrary(rel) || isTestKit(rel) }) {
		for _, path := range p.files(p.GoFiles) {
			name := p.rel() + "/" + filepath.Base(path)
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			require.NoError(t, err)
			if n := fset.Position(file.FileEnd).Line; n > mostOfFile {
				found[name] = n
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					if n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1; n > mostOfFunction {
						found[fmt.Sprintf("%s: %s", name, functionName(f))] = n
					}
				}
			}
		}
	}
	return found
}

// state are the functions called init and the package variables that are
// written: assigned, counted, or of a type that exists to be written.
func state(files []*ast.File) (names []string) {
	variables := map[string]*ast.ValueSpec{}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					names = append(names, "init")
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					names = append(names, collect(d, variables)...)
				}
			}
		}
	}
	for _, f := range files {
		names = append(names, written(f, variables)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// collect adds the variables of a declaration, and returns those whose type is
// of package sync or sync/atomic. A sync.OnceValue does not count: it is a function.
func collect(d *ast.GenDecl, variables map[string]*ast.ValueSpec) (names []string) {
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for _, name := range v.Names {
			variables[name.Name] = v
			if shared(v.Type) || slices.ContainsFunc(v.Values, shared) {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func shared(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		return shared(e.Type)
	case *ast.UnaryExpr:
		return shared(e.X)
	case *ast.IndexExpr:
		return shared(e.X)
	case *ast.SelectorExpr:
		x, ok := e.X.(*ast.Ident)
		return ok && (x.Name == "sync" || x.Name == "atomic")
	default:
		return false
	}
}

// written are the variables that a statement of the file assigns to, in whole or
// in part. Local variables of the same name do not count.
func written(f *ast.File, variables map[string]*ast.ValueSpec) (names []string) {
	note := func(e ast.Expr) {
		name := base(e)
		if name == nil || name.Name == "_" || variables[name.Name] == nil {
			return
		}
		if name.Obj == nil || name.Obj.Decl == any(variables[name.Name]) {
			names = append(names, name.Name)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					note(e)
				}
			}
		case *ast.IncDecStmt:
			note(n.X)
		}
		return true
	})
	return names
}

// base is the variable that an expression is a part of.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// TestStateIsFound holds the search itself to what it must find.
func TestStateIsFound(t *testing.T) {
	t.Parallel()
	const source = `package p
import ("sync"; "sync/atomic")
var assigned, counted, kept int
var table = map[string]int{}
var known sync.Map
var calls atomic.Int64
var held = atomic.Pointer[int]{}
var pool = &sync.Pool{}
var once = sync.OnceValue(func() int { return 1 })
var _ I = T{}
func init() {}
func f(kept int) { assigned = 1; counted++; table["x"] = 2; kept = 3; once := once; once = nil }
func (T) init() {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.ParseComments)
	require.NoError(t, err)
	assert.Equal(t, []string{"assigned", "calls", "counted", "held", "init", "known", "pool", "table"}, state([]*ast.File{file}))
}
