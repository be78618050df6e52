package layout_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foreign is which modules the API of a package may name. A type of another
// module in an exported signature makes that module's next major version ours.
var foreign = map[string][]string{
	"grpcauth":              {"google.golang.org/grpc"}, // the package is about that library
	"grpcauth/grpcauthtest": {"google.golang.org/grpc"},

	"grpcauth/protopolicy/postern/v1": {"google.golang.org/protobuf"}, // generated for that library
}

func TestExportedTypes(t *testing.T) {
	t.Parallel()
	imp := exportDataImporter(t)
	for _, p := range packagesWhere(t, isPublic) {
		checked, err := imp.Import(p.ImportPath)
		require.NoError(t, err)
		for use := range foreignIn(checked) {
			allowed := slices.ContainsFunc(foreign[p.rel()], func(a string) bool { return isUnder(use.pkg, a) })
			assert.Truef(t, allowed, "%s: %s shows a type of %s", p.rel(), use.name, use.pkg)
		}
	}
}

// TestExportedTypesAreFound holds the walk itself to what it must find, since
// one that finds nothing would pass.
func TestExportedTypesAreFound(t *testing.T) {
	t.Parallel()
	const source = `package p
import "github.com/go-jose/go-jose/v4"
type hidden struct{ K jose.JSONWebKey }
func (hidden) Shown() jose.SignatureAlgorithm { return "" }
func (hidden) concealed(jose.JSONWebSignature) {}
type embedded struct { hidden }
type Outer struct { embedded; private jose.Signer }
type Iface interface { M(map[string][]*jose.JSONWebKeySet) }
type Generic[T jose.Signer] struct{}
type Alias = jose.Header
var V func(...jose.ContentType)
func F() hidden { return hidden{} }
func unexported(jose.JSONWebEncryption) {}
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", source, 0)
	require.NoError(t, err)
	checked, err := (&types.Config{Importer: exportDataImporter(t)}).Check(module+"/p", fset, []*ast.File{file}, nil)
	require.NoError(t, err)
	var names []string
	for use := range foreignIn(checked) {
		assert.Equal(t, "github.com/go-jose/go-jose/v4", use.pkg)
		names = append(names, use.name)
	}
	slices.Sort(names)
	assert.Equal(t, []string{
		"Alias (Header)", "F (JSONWebKey)", "F (SignatureAlgorithm)", "Generic (Signer)", "Iface (JSONWebKeySet)",
		"Outer (JSONWebKey)", "Outer (SignatureAlgorithm)", "V (ContentType)",
	}, names)
}

// exportDataImporter reads what the compiler has written, so that the API is
// seen just as users' programs see it.
func exportDataImporter(t *testing.T) types.Importer {
	t.Helper()
	all, err := everything()
	require.NoError(t, err)
	files := map[string]string{}
	for _, p := range all {
		files[p.ImportPath] = p.Export
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})
}

// use is an exported name in whose type one of another module can be seen.
type use struct{ name, pkg string }

// foreignIn finds every type of another module that users can see in the API.
func foreignIn(p *types.Package) map[use]bool {
	found := map[use]bool{}
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		w := &apiWalk{own: p, seen: map[types.Type]bool{}, report: func(o *types.TypeName) {
			found[use{name + " (" + o.Name() + ")", o.Pkg().Path()}] = true
		}}
		w.walk(object.Type())
	}
	return found
}

// apiWalk goes through all that can be seen from one exported name.
type apiWalk struct {
	own    *types.Package
	seen   map[types.Type]bool
	report func(*types.TypeName)
}

func (w *apiWalk) walk(t types.Type) {
	if t == nil || w.seen[t] {
		return
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		w.name(t.Obj())
		w.list(t.TypeArgs())
		w.walk(t.Rhs())
	case *types.Named:
		w.named(t)
	case *types.Struct:
		w.structure(t)
	case *types.Interface:
		w.iface(t)
	case *types.Signature:
		w.parameters(t.TypeParams())
		w.walk(t.Params())
		w.walk(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			w.walk(v.Type())
		}
	case *types.Map:
		w.walk(t.Key())
		w.walk(t.Elem())
	case *types.TypeParam:
		w.walk(t.Constraint())
	case *types.Union:
		for term := range t.Terms() {
			w.walk(term.Type())
		}
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		w.walk(t.Elem())
	}
}

func (w *apiWalk) name(o *types.TypeName) {
	if o.Pkg() != nil && !isStandard(o.Pkg().Path()) && !isUnder(o.Pkg().Path(), module) {
		w.report(o)
	}
}

// named looks into a type only if it is of this package, exported or not: what
// other packages show is theirs to answer for.
func (w *apiWalk) named(t *types.Named) {
	w.name(t.Obj())
	w.list(t.TypeArgs())
	if t.Obj().Pkg() != w.own {
		return
	}
	w.parameters(t.TypeParams())
	w.walk(t.Underlying())
	for m := range t.Methods() {
		if m.Exported() {
			w.walk(m.Type())
		}
	}
}

func (w *apiWalk) structure(t *types.Struct) {
	for f := range t.Fields() {
		if f.Exported() || f.Embedded() {
			w.walk(f.Type())
		}
	}
}

func (w *apiWalk) iface(t *types.Interface) {
	for m := range t.ExplicitMethods() {
		if m.Exported() {
			w.walk(m.Type())
		}
	}
	for e := range t.EmbeddedTypes() {
		w.walk(e)
	}
}

func (w *apiWalk) parameters(list *types.TypeParamList) {
	for p := range list.TypeParams() {
		w.walk(p)
	}
}

func (w *apiWalk) list(args *types.TypeList) {
	for a := range args.Types() {
		w.walk(a)
	}
}
